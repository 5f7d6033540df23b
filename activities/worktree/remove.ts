import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { readRecord, writeRecord } from './record.ts';
import type { Worktree } from './worktree.ts';
import { debugPoint } from '../../system/debug-point.ts';

/**
 * Removes a worktree: its folder, also with read-only files, and its registration (WT-10). Nothing is checked: capture first, and store
 * what the capture said before the tree goes, for afterwards it cannot be captured again. Harmless when already removed.
 * Branches that the agent made stay; odw makes none.
 *
 * @throws OdwError `worktree-not-removed`
 */
export async function removeWorktree(tree: Pick<Worktree, 'dir' | 'gitDir'>): Promise<void> {
  try {
    // First of all the mark: a tree that is half gone must never be captured as one whose files the agent deleted.
    const record = readRecord(tree.gitDir);
    if (record) writeRecord(tree.gitDir, { ...record, state: 'removing' });
    debugPoint('after-worktree-mark');
    await removeFolder(tree.dir);
    debugPoint('after-worktree-folder');
    await removeFolder(tree.gitDir);
  } catch (error) {
    throw new OdwError('worktree-not-removed', `worktree ${tree.dir} could not be removed: ${(error as Error).message}`, {
      fields: { dir: tree.dir },
      cause: error,
    });
  }
}

async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
    } catch (error) {
      if (attempt === 4 || !['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await makeWritable(folder);
    }
  }
}

/** Gives the owner all rights on every folder. Tolerant, for the removal that failed may still be under way in other branches of the tree. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => undefined);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
}
