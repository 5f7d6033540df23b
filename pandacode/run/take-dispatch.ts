import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { thisProcess, tryLock, type LockFile, type LockOwner } from '../../system/lock-file.ts';
import { readReportFile } from '../report/report-file.ts';

const pollMs = 200;

/**
 * Takes a dispatch for this process, so that two that are started with the same one in the same moment do not both run
 * it. While another process holds it, its report is waited for.
 *
 * @param deadlineMs epoch milliseconds; Infinity = none
 * @returns the lock; or the report of the process that had it; or that it still works at the deadline
 */
export async function takeDispatch(
  reportFile: string,
  dispatchId: string,
  deadlineMs: number,
): Promise<{ lock: LockFile } | { report: Record<string, unknown> } | { stillRunning: number }> {
  const path = `${reportFile}.${createHash('sha256').update(dispatchId).digest('hex').slice(0, 12)}.lock`;
  for (;;) {
    const lock = lockOf(path);
    if (!('heldBy' in lock)) return { lock };
    const report = readReportFile(reportFile);
    if (report?.dispatch_id === dispatchId) return { report };
    if (Date.now() >= deadlineMs) return { stillRunning: lock.heldBy.pid };
    await sleep(Math.min(pollMs, Math.max(1, deadlineMs - Date.now())));
  }
}

// Where no lock can be written no report can either: the run goes on without both, and says so in its report.
function lockOf(path: string): LockFile | { heldBy: LockOwner } {
  try {
    return tryLock(path);
  } catch {
    return { owner: thisProcess(), release: () => undefined };
  }
}
