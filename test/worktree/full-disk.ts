import { existsSync, rmSync, symlinkSync } from 'node:fs';

/** Runs a function while writing to a path fails as on a full disk: the path leads to the device that is always full. */
export async function writeFull<T>(path: string, act: () => Promise<T>): Promise<T> {
  if (!existsSync('/dev/full')) throw new Error('this test needs /dev/full');
  symlinkSync('/dev/full', path);
  try {
    return await act();
  } finally {
    rmSync(path, { force: true });
  }
}
