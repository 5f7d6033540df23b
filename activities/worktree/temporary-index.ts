import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a function with a folder for temporary index files, removed afterwards. With `source` the file `index` in it is a copy of that
 * index; `source` itself is never written.
 *
 * @returns what the function returns; `hasCopy` tells whether there was an index to copy
 */
export async function withTemporaryIndex<T>(source: string | undefined, use: (index: string, folder: string, hasCopy: boolean) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'odw-index-'));
  try {
    const index = join(folder, 'index');
    return await use(index, folder, source !== undefined && (await copyIndex(source, index)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** git trusts what the index says of files older than the index file itself, so the copy must not be younger than the original. */
async function copyIndex(source: string, target: string): Promise<boolean> {
  let original;
  try {
    original = await stat(source);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await copyFile(source, target);
  const seconds = (Math.floor(original.mtimeMs) - 1) / 1000;
  await utimes(target, seconds, seconds);
  return true;
}
