import type { Client } from '@temporalio/client';
import { closeJournal } from '../../activities/journal/close-journal.ts';
import { updateRunFile } from '../../activities/journal/run-file.ts';
import { readClosing } from '../../temporal/run/closing.ts';
import { troubledBlob } from '../../temporal/blobs/blob-trouble.ts';
import { isReplayFailure } from '../../temporal/run/fits.ts';
import { exportHistory } from '../../temporal/run/history.ts';
import { writeReport } from '../write-report.ts';
import { rebuildRun } from './rebuild.ts';

/**
 * Writes the files of a run that was ended when nobody hosted it: anew, from its history; where this version's workflow code does not fit
 * that, or a blob of it cannot be read, the end alone, behind what the files say.
 *
 * @returns lines for people
 */
export async function completeRun(client: Client, root: string, { runId, runDir }: { runId: string; runDir: string }): Promise<string[]> {
  try {
    await rebuildRun(root, runId, false);
    return [];
  } catch (error) {
    const blob = troubledBlob(error);
    if (blob === undefined && !isReplayFailure(error)) throw error;
    await closeUnplayed(client, { runId, runDir });
    if (blob !== undefined) return [`${(error as Error).message}. The journal of run ${runId} keeps what it had, with the end behind it`];
    return [`this version's workflow code differs from what made the history of run ${runId}: its journal keeps what it had, with the end behind it`];
  }
}

/** Puts the end of a closed run behind what its files say, without playing its history, and keeps the history. */
export async function closeUnplayed(client: Client, { runId, runDir }: { runId: string; runDir: string }): Promise<void> {
  const closing = readClosing(await exportHistory(client.workflow.getHandle(runId), runDir));
  if (!closing) return;
  const { status, code, closedMs, error } = closing;
  const end = closeJournal(runDir, { status, code, closedMs, message: error?.message ?? '' });
  updateRunFile(runDir, { ...end, ...(error ? { error } : {}) });
  await writeReport(runDir).catch(() => undefined);
}
