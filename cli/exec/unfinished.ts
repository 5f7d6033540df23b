import type { Client } from '@temporalio/client';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { findMismatch } from '../../temporal/run/fits.ts';
import { readRunInput } from '../../temporal/run/history.ts';
import { isNotFound } from '../../temporal/run/not-found.ts';
import { clearRun } from '../../activities/run-node/clear-run.ts';
import { finishLeft } from '../../activities/run-node/finish-left.ts';
import { completeRun } from '../runs/complete.ts';
import type { RecordedRun } from './recorded.ts';
import type { ResumePlan } from './resume.ts';
import type { RunPlan } from './plan.ts';

/**
 * Plans the resume of a run that closed while its folder has no end: its host died before the last file was written, or the run was ended
 * from outside when nobody hosted it.
 *
 * @param differs the run was recorded with another script, input or option: then its files are completed, and a new run replaces it
 * @returns without a plan when only a new run can go on: the script differs, or this version's workflow code does not fit the run
 */
export async function planUnfinished(client: Client, plan: RunPlan, differs: boolean): Promise<{ resume?: ResumePlan; notes: string[] }> {
  const { runId, runDir, status } = plan.recorded as RecordedRun;
  if (['completed', 'failed', 'cancelled'].includes(status)) return { notes: [] };
  const closed = await readRunInput(client, runId).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (!closed) return { notes: [] };
  await finishLeft(runDir);
  const left = await clearRun({ root: plan.root, runId, runDir });
  if (differs || (await findMismatch(await client.workflow.getHandle(runId).fetchHistory(), runId, blobDataConverter())) !== undefined) {
    return { notes: [...left, ...(await completeRun(client, plan.root, { runId, runDir }))] };
  }
  const own = { ...plan, runId, runDir, command: closed.command, startedMs: closed.startedMs };
  const notes = [`run ${runId} ended when nobody hosted it: its files are completed`, ...left];
  return { resume: { mode: 'attach', plan: own, input: { ...closed, runDir }, notes }, notes };
}
