import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isOdwError } from '../../src/errors/error.ts';
import { git } from './git.ts';
import { listRegistrations } from './record.ts';
import { locateRepository } from './repository.ts';

/** Forgets registered worktrees whose folders are gone (WT-02). Once per run; does nothing outside a git repository. */
export async function pruneWorktrees(root: string): Promise<void> {
  const repository = await locateRepository(root).catch((error: unknown) => {
    if (isOdwError(error) && error.slug === 'worktree-not-git') return undefined;
    throw error;
  });
  if (!repository) return;
  // Ours are locked, which git's own pruning respects.
  for (const one of await listRegistrations(repository.commonDir)) {
    if (one.record && !existsSync(one.record.dir)) await rm(one.gitDir, { recursive: true, force: true });
  }
  await git(['worktree', 'prune'], { cwd: repository.top });
}
