import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { readBaseTree } from './base-tree.ts';
import { commitTree } from './commit-tree.ts';
import { tryGit } from './git.ts';
import type { Repository } from './repository.ts';
import type { ScratchRules } from './scratch.ts';
import { stageEverything } from './stage-everything.ts';
import type { Stage } from './stage.ts';
import { withTemporaryIndex } from './temporary-index.ts';

/**
 * A commit of the user's working tree as it stands: tracked and untracked, not ignored, changes (WT-12). Made with an index of its own:
 * the user's index, stash, branches and files are not touched. A clean tree gives HEAD itself.
 */
export async function snapshotWorkingTree(repository: Repository): Promise<string> {
  if (repository.isBare) throw new OdwError('worktree-no-commit', `worktreeBase:"working-tree" needs a working tree; ${repository.top} is a bare repository`);
  const options = { cwd: repository.top };
  const parsed = await tryGit(['rev-parse', 'HEAD^{commit}', 'HEAD^{tree}'], options);
  const [parent, parentTree] = parsed.exitCode === 0 ? parsed.stdout.toString('utf8').trim().split('\n') : [];
  const { rules } = await readBaseTree(parent, options);
  return withTemporaryIndex(join(repository.gitDir, 'index'), async (index, folder) => {
    const stage: Stage = { gitDir: repository.gitDir, workTree: repository.top, index, ignoreFile: join(folder, 'ignore') };
    await writeUserIgnoreFile(repository.top, rules, stage.ignoreFile);
    const tree = await stageEverything(stage, rules);
    if (parent !== undefined && tree === parentTree) return parent;
    return commitTree({ tree, parents: parent === undefined ? [] : [parent], message: 'odw: snapshot of the working tree', dateMs: Date.now() }, options);
  });
}

/** In the user's own tree the user's personal ignore rules count too. */
export async function writeUserIgnoreFile(top: string, rules: ScratchRules, file: string): Promise<void> {
  const set = await tryGit(['config', '--path', 'core.excludesFile'], { cwd: top });
  const fallback = join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'git', 'ignore');
  const personal = set.exitCode === 0 ? set.stdout.toString('utf8').trim() : fallback;
  await rules.writeIgnoreFile(file, personal === '' ? '' : await readFile(personal, 'utf8').catch(() => ''));
}
