import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRunFile } from '../../activities/journal/run-file.ts';
import type { Json } from '../../schemas/json.ts';
import type { Census } from '../../src/journal/census.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import type { RunClosing } from '../../temporal/run/closing.ts';
import { readState } from '../runs/read-state.ts';

/** What `odw exec` prints of a run that has ended. */
export interface RunEnd {
  closing: RunClosing;
  result: Json | undefined;
  census: Census | undefined;
  /** Path of the report, when one was written. */
  report: string | undefined;
}

/**
 * Waits until the process that hosts a run has let go of it, and reads from the folder how the run ended.
 *
 * @returns undefined when that host left the run open, or died before the files were complete
 */
export async function readFollowedEnd(runDir: string): Promise<RunEnd | undefined> {
  for (;;) {
    const holder = readLock(join(runDir, 'host.lock'));
    if (!holder || !ownerIsAlive(holder)) break;
    await sleep(50);
  }
  const { status, finished_ms, error, census } = readRunFile(join(runDir, 'run.json'));
  if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return undefined;
  const report = join(runDir, 'report.html');
  return {
    closing: { status, code: status === 'completed' ? 0 : 1, closedMs: finished_ms ?? 0, ...(error ? { error } : {}) },
    result: readState(runDir, []).result,
    census: census as Census | undefined,
    report: existsSync(report) ? report : undefined,
  };
}
