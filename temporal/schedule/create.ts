import type { Client } from '@temporalio/client';
import type { RunInput } from '../../schemas/run-input.ts';
import { runTexts, workflowTaskTimeout, workflowType } from '../run/start.ts';
import { sharedQueue } from '../service/queue.ts';
import { overlapPolicy, type Overlap } from './overlap.ts';
import { aboutSchedule, checkName } from './problems.ts';
import type { ScheduleMemo } from './read.ts';
import type { Timing } from './timing.ts';

export interface NewSchedule {
  name: string;
  /** The run that each firing starts; script text and options stay as they are now (SCHED-05). */
  input: RunInput;
  timing: Timing;
  overlap: Overlap;
  /** How late a firing may still start its run, in milliseconds. */
  catchupMs: number;
  /** Whether the server knows odw's search attributes. */
  searchAttributes: boolean;
}

/**
 * Creates a schedule on the server. Its runs wait on the shared queue for a worker, and are named by the server: `<name>-<time>`.
 *
 * @throws OdwError `schedule-invalid` or `schedule-exists`
 */
export async function createSchedule(client: Client, schedule: NewSchedule): Promise<void> {
  const { input, timing } = schedule;
  const name = checkName(schedule.name);
  const memo: ScheduleMemo = {
    odw: input.odwVersion,
    root: input.root,
    script: input.script.path,
    sha256: input.script.sha256,
    backend: input.options.backend,
    when: timing.when,
    zone: timing.zone,
  };
  await aboutSchedule(
    name,
    client.schedule.create({
      scheduleId: name,
      spec: timing.spec,
      action: {
        type: 'startWorkflow',
        workflowType: workflowType(input),
        workflowId: name,
        taskQueue: sharedQueue,
        workflowTaskTimeout,
        args: [{ ...input, runId: name, scheduled: { schedule: name } } satisfies RunInput],
        ...(await runTexts(input, schedule.searchAttributes)),
      },
      policies: { overlap: overlapPolicy(schedule.overlap), catchupWindow: schedule.catchupMs },
      ...(timing.once ? { state: { remainingActions: 1 } } : {}),
      memo: { ...memo },
    }),
  );
}
