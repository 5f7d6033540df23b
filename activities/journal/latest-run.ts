import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunFile } from '../../schemas/run-file.ts';
import { jsonText } from '../../src/journal/json-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { tryLock } from '../../system/lock-file.ts';

/** Copies a run's run.json to latest.json, unless a newer run is there. */
export function writeLatest(run: RunFile, text: string): void {
  const path = join(dirname(run.run_dir), 'latest.json');
  locked(path, () => {
    if (!isNewer(path, run)) writeFileAtomic(path, text);
  });
}

/**
 * Lets latest.json name another run, after the one that it named was removed.
 *
 * @param newest the newest run that is left; undefined = there is none
 */
export function forgetLatest(runsDir: string, runId: string, newest: RunFile | undefined): void {
  const path = join(runsDir, 'latest.json');
  locked(path, () => {
    if (readLatest(path)?.run_id !== runId) return;
    if (newest) writeFileAtomic(path, `${jsonText(newest, 2)}\n`);
    else rmSync(path, { force: true });
  });
}

// Two runs that start together both look and then write: without the lock the older one could win.
function locked(path: string, act: () => void): void {
  const release = waitForLock(`${path}.lock`);
  try {
    act();
  } finally {
    release();
  }
}

function isNewer(path: string, run: RunFile): boolean {
  const latest = readLatest(path);
  if (!latest || latest.run_id === run.run_id || typeof latest.started_ms !== 'number') return false;
  return latest.started_ms > run.started_ms || (latest.started_ms === run.started_ms && String(latest.run_id) > run.run_id);
}

function readLatest(path: string): Partial<RunFile> | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<RunFile>;
  } catch {
    return undefined;
  }
}

// The lock is held for one small write. Whoever holds it for five seconds is stopped, and a run must not wait for that.
function waitForLock(path: string): () => void {
  const until = Date.now() + 5000;
  for (;;) {
    const lock = tryLock(path);
    if ('release' in lock) return () => lock.release();
    if (Date.now() > until) return () => undefined;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}
