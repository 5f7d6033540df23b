import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether an error, or a cause of it, says that a disk or a quota is full. */
export function isDiskFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (['ENOSPC', 'EDQUOT'].includes((one as NodeJS.ErrnoException).code ?? '') || tellsDiskFull(one.message)) return true;
  }
  return false;
}

/** The same for a message, where that is all that is left of an error: of Node, or of a program such as git. */
export function tellsDiskFull(message: string): boolean {
  return /\b(ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/i.test(message);
}

/**
 * Does something that writes, and does it again for as long as the disk is full, with a growing wait of at most ten seconds. Other errors pass.
 *
 * @param act must leave nothing half done when it fails
 * @param onFull told of the first failure
 */
export async function untilRoom<T>(act: () => T | Promise<T>, onFull: (error: unknown) => void): Promise<T> {
  for (let waitMs = 250, told = false; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      return await act();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      if (!told) onFull(error);
      told = true;
    }
    await sleep(waitMs);
  }
}

/** Bytes that this process may still write where a folder is; undefined when nobody knows. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const disk = await statfs(folder).catch(() => undefined);
  // Some file systems, mounted from elsewhere, answer with zeros. A part of some disks is kept for root.
  if (!disk || disk.blocks * disk.bsize === 0) return undefined;
  return (process.getuid?.() === 0 ? disk.bfree : disk.bavail) * disk.bsize;
}
