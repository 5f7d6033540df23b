import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { overlapPolicy, type Overlap } from './overlap.ts';
import { aboutSchedule } from './problems.ts';
import { describeSchedule } from './read.ts';

/** Stops firing until {@link unpauseSchedule}; a run under way goes on. Throws OdwError `schedule-not-found`, as all here do. */
export async function pauseSchedule(client: Client, name: string, note?: string): Promise<void> {
  await aboutSchedule(name, client.schedule.getHandle(name).pause(note));
}

export async function unpauseSchedule(client: Client, name: string, note?: string): Promise<void> {
  await aboutSchedule(name, client.schedule.getHandle(name).unpause(note));
}

/** Removes the schedule; runs it has started stay. */
export async function removeSchedule(client: Client, name: string): Promise<void> {
  await aboutSchedule(name, client.schedule.getHandle(name).delete());
}

export interface Triggered {
  /** Id of the run that was started; null when none was seen, with the reason in `why`. */
  run_id: string | null;
  why?: 'skipped' | 'waiting';
}

/**
 * Fires once now, beside the plan. Works on a paused schedule too.
 *
 * @param overlap default the schedule's own
 */
export async function triggerSchedule(client: Client, name: string, overlap?: Overlap): Promise<Triggered> {
  const handle = client.schedule.getHandle(name);
  const before = await aboutSchedule(name, handle.describe());
  await anotherSecond(before);
  await aboutSchedule(name, handle.trigger(overlap === undefined ? before.policies.overlap : overlapPolicy(overlap)));
  const known = new Set(before.info.recentActions.map(({ action }) => action.workflow.workflowId));
  for (const deadline = Date.now() + 5000; Date.now() < deadline; await sleep(50)) {
    const now = await describeSchedule(client, name);
    const started = now.runs.findLast(({ run_id }) => !known.has(run_id));
    if (started) return { run_id: started.run_id };
    if (now.skipped > before.info.numActionsSkippedOverlap) return { run_id: null, why: 'skipped' };
  }
  return { run_id: null, why: 'waiting' };
}

// The server names a run by schedule and second: a second one within the same second would be refused as already started, and lost.
async function anotherSecond({ info }: ScheduleDescription): Promise<void> {
  const last = info.recentActions.at(-1)?.takenAt.getTime() ?? 0;
  const wait = Math.floor(last / 1000) * 1000 + 1000 - Date.now();
  if (wait > 0) await sleep(Math.min(wait, 1000) + 20);
}

/** Fires for each time of the plan between two past instants, as if they were due now. */
export async function backfillSchedule(client: Client, name: string, start: Date, end: Date, overlap?: Overlap): Promise<void> {
  const handle = client.schedule.getHandle(name);
  const { policies } = await aboutSchedule(name, handle.describe());
  await aboutSchedule(name, handle.backfill({ start, end, overlap: overlap === undefined ? policies.overlap : overlapPolicy(overlap) }));
}
