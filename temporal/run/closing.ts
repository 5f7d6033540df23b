import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { RunState } from '../../schemas/state.ts';
import { unplayablePrefix, watchdogPrefix } from '../worker/watchdog.ts';

/** Category of the error of a run that was closed because this version's workflow code does not fit its history. */
export const unplayable = 'replay_mismatch';

/** How a run ended, read from the last event of its history: the same live and when rebuilt (DESIGN D6). */
export interface RunClosing {
  status: 'completed' | 'failed' | 'cancelled';
  /** Exit code of `odw exec`. */
  code: number;
  closedMs: number;
  error?: { category: string; message: string };
}

/**
 * @returns undefined when the history is still open
 */
export function readClosing(history: History): RunClosing | undefined {
  const event = history.events?.at(-1);
  if (!event) return undefined;
  const closedMs = unixMs(event.eventTime ?? {});
  if (event.workflowExecutionCompletedEventAttributes) return { status: 'completed', code: 0, closedMs };
  const failure = event.workflowExecutionFailedEventAttributes?.failure;
  if (failure)
    return {
      status: 'failed',
      code: 1,
      closedMs,
      error: { category: failure.applicationFailureInfo?.type ?? 'workflow_error', message: failure.message ?? 'the run failed' },
    };
  if (event.workflowExecutionCanceledEventAttributes)
    return { status: 'cancelled', code: 1, closedMs, error: { category: 'cancelled', message: 'the run was stopped' } };
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) {
    const reason = terminated.reason ?? '';
    if (reason.startsWith(watchdogPrefix))
      return {
        status: 'failed',
        code: 1,
        closedMs,
        error: { category: reason.startsWith(unplayablePrefix) ? unplayable : 'workflow_error', message: reason.slice(watchdogPrefix.length) },
      };
    return {
      status: 'cancelled',
      code: 1,
      closedMs,
      error: { category: 'cancelled', message: reason === '' ? 'the run was terminated from outside' : `the run was terminated from outside: ${reason}` },
    };
  }
  if (event.workflowExecutionTimedOutEventAttributes)
    return { status: 'failed', code: 1, closedMs, error: { category: 'workflow_error', message: 'the run reached its execution time limit on the server' } };
  return undefined;
}

/** The journal event that a run could not write itself, because it was ended from outside. */
export function closingRecord(closing: RunClosing, lastSeq: number, hasEnd: boolean, { state = 'running' }: Pick<RunState, 'state'>): SinkRecord | undefined {
  if (hasEnd || !closing.error) return undefined;
  const ts = new Date(closing.closedMs).toISOString();
  const event: SinkRecord['event'] =
    closing.status === 'failed'
      ? { type: 'workflow_error', ts, message: closing.error.message }
      : { type: 'run_state', ts, from: state, to: 'stopped', reason: 'terminated' };
  return { seq: lastSeq + 1, ts_ms: closing.closedMs, event, stream: 'stdout' };
}

/** Whether an event is the last that a run writes itself. */
export function isLastEvent({ type, to }: SinkRecord['event']): boolean {
  return type === 'workflow_done' || type === 'workflow_error' || (type === 'run_state' && to === 'stopped');
}

/** A time of a history event in milliseconds since 1970. */
export function unixMs(time: { seconds?: unknown; nanos?: number | null }): number {
  return Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}
