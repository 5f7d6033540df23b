import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors/failure.ts';
import { readReportFile } from '../report/report-file.ts';
import { endOrphans } from './end-orphans.ts';
import { identityIsAlive, readIdentity } from './run-identity.ts';

export interface Wait {
  reportFile: string;
  pidFile: string;
  dispatchId: string | null;
  /** Milliseconds; null = as long as it takes. */
  timeoutMs: number | null;
}

const pollMs = 500;

/**
 * Waits for the report of another pandacode process. A process that is gone without a report gives `executor_lost`, after
 * its children were ended. When our own limit is over the run is left alone.
 */
export async function waitForReport(wait: Wait): Promise<{ report: Record<string, unknown>; exitCode: number }> {
  const deadline = wait.timeoutMs === null ? Infinity : Date.now() + wait.timeoutMs;
  for (;;) {
    const identity = readIdentity(wait.pidFile);
    const isOurs = identity !== undefined && (wait.dispatchId === null || identity.dispatch_id === wait.dispatchId);
    const isAlive = isOurs && identityIsAlive(identity);
    // Looked at after the process: one that was just seen dead may have written its report a moment before.
    const report = readReportFile(wait.reportFile);
    if (report && (wait.dispatchId === null || report.dispatch_id === wait.dispatchId)) {
      return { report, exitCode: report.exit_code ?? (report['ok'] === true ? 0 : 1) };
    }
    if (!isAlive) {
      const ended = isOurs ? await endOrphans(identity) : 0;
      const which = isOurs ? `the process ${identity.pid} of session ${identity.session} is gone` : `no process is known from ${wait.pidFile}`;
      const error = failure('executor_lost', `${which}, and there is no report in ${wait.reportFile}`);
      return {
        report: {
          ...about(wait, identity),
          ok: false,
          state: 'failed',
          exit_code: 1,
          error,
          notes: ended > 0 ? [`ended ${ended} processes that it left behind`] : [],
        },
        exitCode: 1,
      };
    }
    if (Date.now() >= deadline) {
      const error = failure('pandacode_timeout', `the run still works after ${wait.timeoutMs} ms of waiting`, { next_action: 'Wait again: the run goes on.' });
      return { report: { ...about(wait, identity), ok: false, state: 'running', exit_code: 1, error }, exitCode: 1 };
    }
    await sleep(Math.min(pollMs, Math.max(1, deadline - Date.now())));
  }
}

function about(wait: Wait, identity: ReturnType<typeof readIdentity>) {
  return {
    runtime: identity?.runtime ?? null,
    action: 'wait',
    session: identity?.session ?? null,
    dispatch_id: wait.dispatchId ?? identity?.dispatch_id ?? null,
    run: identity ? { pid: identity.pid, started_ms: identity.started_ms } : null,
  };
}
