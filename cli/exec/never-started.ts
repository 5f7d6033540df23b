import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { RunInput } from '../../schemas/run-input.ts';
import { isNotFound } from '../../temporal/run/not-found.ts';
import type { RecordedRun } from './recorded.ts';
import type { RunPlan } from './plan.ts';
import type { ResumePlan } from './resume.ts';

/**
 * A run whose host died between making the folder and handing it to the server: the server does not know it, and its files
 * show that nothing was ever dispatched. Resuming it is starting it, under its own id.
 *
 * @returns undefined when the run did start
 */
export async function startNeverStarted(client: Client, recorded: RecordedRun, plan: RunPlan, input: RunInput): Promise<ResumePlan | undefined> {
  const { runId, runDir, resumedFrom } = recorded;
  // What a resume was to take over is taken over by the next resume, as a new run.
  if (resumedFrom !== undefined || !leftNothing(runDir) || (await isKnown(client, runId))) return undefined;
  // Its journal stays: the host may live, and be about to hand the run over.
  return {
    mode: 'start',
    plan: { ...plan, runId, runDir },
    input: { ...input, runId, runDir, resumeFrom: '', resumedFrom: null, lineageRoot: null },
    notes: [`run ${runId} had not reached the server yet: it starts now`],
  };
}

// Only the launch record, which the host writes itself, and no id of an execution on the server.
function leftNothing(runDir: string): boolean {
  if (['nodes', 'state.json', 'history.json'].some((name) => existsSync(join(runDir, name)))) return false;
  const journal = join(runDir, 'events.jsonl');
  const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean).length : 0;
  if (lines > 1) return false;
  return (JSON.parse(readFileSync(join(runDir, 'run.json'), 'utf8')) as { temporal_run_id?: unknown }).temporal_run_id === null;
}

/** Whether the server knows a run, open or closed. */
export async function isKnown(client: Client, runId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(runId).describe();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
