import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';

const everyMs = 3000;

/**
 * Touches a file every three seconds, from now until the returned function is called, which removes it: a sign that this process is not only
 * there, but does something. A full disk, or a folder that is gone, ends nothing.
 */
export function startBeatFile(path: string): () => void {
  touch(path, true);
  const timer = setInterval(() => touch(path, false), everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    try {
      rmSync(path, { force: true });
    } catch {
      // It is as old as it is.
    }
  };
}

/** Milliseconds since the last beat; undefined when there is no such file. */
export function beatAgeMs(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && Math.max(0, Date.now() - stat.mtimeMs);
}

function touch(path: string, create: boolean): void {
  try {
    const now = new Date();
    if (create) writeFileSync(path, '');
    utimesSync(path, now, now);
  } catch {
    // The next turn tries again.
  }
}
