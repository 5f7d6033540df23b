import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from './git.ts';
import { splitPaths } from './git-paths.ts';
import { locateRepository } from './repository.ts';
import { ScratchRules } from './scratch.ts';
import { writeUserIgnoreFile } from './snapshot.ts';

/**
 * True when the user's working tree holds changes that a worktree from HEAD does not show (WT-12): staged, unstaged or untracked,
 * executor scratch left out. Writes nothing into the repository.
 *
 * @throws OdwError as `openWorktree`
 */
export async function isDirty(root: string): Promise<boolean> {
  const repository = await locateRepository(root);
  if (repository.isBare) return false;
  const folder = await mkdtemp(join(tmpdir(), 'odw-status-'));
  try {
    const rules = new ScratchRules([]);
    const ignoreFile = join(folder, 'ignore');
    await writeUserIgnoreFile(repository.top, rules, ignoreFile);
    const args = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=normal', '--ignore-submodules=none'];
    const entries = splitPaths((await git(args, { cwd: repository.top, config: [`core.excludesFile=${ignoreFile}`] })).stdout);
    return entries.some((entry) => !(entry.startsWith('??') && rules.isScratch(entry.slice(3))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
