import type { DataConverter } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { workflowBundleSign } from '../worker/bundle.ts';
import { replayRecords } from './rebuild.ts';

/**
 * Why this version's workflow code cannot go on with an open run; undefined when it can. A history that was made by the very same code is
 * not looked at any further.
 *
 * @throws OdwError `blob-missing` or `blob-damaged`: nobody knows then
 */
export async function findMismatch(history: History, runId: string, dataConverter: DataConverter): Promise<string | undefined> {
  const last = history.events?.findLast((event) => event.workflowTaskCompletedEventAttributes)?.workflowTaskCompletedEventAttributes;
  if (!last || last.workerVersion?.buildId?.endsWith(workflowBundleSign())) return undefined;
  try {
    await replayRecords(history, runId, dataConverter);
    return undefined;
  } catch (error) {
    if (!isReplayFailure(error)) throw error;
    return (error as Error).message;
  }
}

/** Whether a replay ended because workflow code and history do not fit. */
export function isReplayFailure(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Replay failed');
}
