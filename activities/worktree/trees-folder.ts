import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder and ref name of a run's trees: its id in a form that git takes. */
export function treesName(runId: string): string {
  return runId.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 200);
}

/**
 * Removes the folder that held the trees of a run that has ended, and leaves it when a tree is kept there. Never before the end: git
 * may be making the next tree in it.
 */
export async function removeTreesFolder(worktreeRoot: string, runId: string): Promise<void> {
  // Not empty, not there, or somebody else's: nothing that a run should fail for.
  await rmdir(join(worktreeRoot, treesName(runId))).catch(() => undefined);
}
