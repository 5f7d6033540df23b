import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { OdwError } from '../../src/errors/error.ts';
import { tryLock, type LockFile, type LockOwner } from '../../system/lock-file.ts';

export interface LockWait<T> {
  /** Called when the lock is held by another process, and every ten seconds while it still is. */
  onWait: (holder: LockOwner, waitedMs: number) => void;
  /** Asked between tries: an answer ends the wait without the lock (the holder has made what was wanted). */
  meanwhile?: () => Promise<T | undefined>;
}

const sayAgainMs = 10_000;
const pollMs = 50;

/**
 * Runs `work` while holding the lock file. Waits as long as the holder lives: it may be building for minutes, and it is told of by `onWait`.
 *
 * @throws OdwError `engine-home-unusable` when the lock cannot be written, `engine-disk-full` when the disk is full,
 * `engine-other-host` when a process of another host holds it
 */
export async function withLock<T>(path: string, wait: LockWait<T>, work: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  let said = -Infinity;
  for (;;) {
    const lock = take(path);
    if (!('heldBy' in lock)) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (lock.heldBy.host !== hostname()) throw heldElsewhere(path, lock.heldBy);
    const waited = Date.now() - begun;
    if (waited - said >= sayAgainMs) {
      said = waited;
      wait.onWait(lock.heldBy, waited);
    }
    await sleep(pollMs);
    const found = await wait.meanwhile?.();
    if (found !== undefined) return found;
  }
}

// Whether that process lives cannot be seen from here, so waiting for it could last for ever.
function heldElsewhere(path: string, holder: LockOwner): OdwError {
  return new OdwError('engine-other-host', `${path} is held by process ${holder.pid} on host ${holder.host}: ODW_HOME is being used from another host`, {
    fields: { path, host: holder.host, pid: holder.pid },
    next: `Wait until that process is done, or give each host its own ODW_HOME; if that host is gone, delete ${path}.`,
  });
}

function take(path: string): LockFile | { heldBy: LockOwner } {
  try {
    return tryLock(path);
  } catch (error) {
    throw homeError(error, path);
  }
}

/** Turns a failed write below ODW_HOME into an error that says what to do. */
export function homeError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const fields = { path, code };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new OdwError('engine-disk-full', `cannot write ${path}: the disk is full`, { fields, cause: error });
  const unusable = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST';
  return unusable
    ? new OdwError('engine-home-unusable', `cannot write ${path} (${code}): ODW_HOME must be a writable folder`, { fields, cause: error })
    : error;
}
