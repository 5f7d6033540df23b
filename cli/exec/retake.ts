import { isServerAway } from '../../temporal/run/over-loss.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';
import { findRecorded } from './recorded.ts';

const mostTimes = 5;

/** Thrown when the server went away while a run was being taken up. */
class ServerLost extends Error {
  constructor(
    readonly runId: string | undefined,
    readonly begun: boolean,
    cause: unknown,
  ) {
    super('the Temporal server was lost', { cause });
  }
}

/** Throws an error as it came, or marked as a loss of the server; `runId` when the run's folder is there, `begun` when the run was hosted here. */
export function rethrow(error: unknown, runId?: string, begun = false): never {
  throw isServerAway(error) ? new ServerLost(runId, begun, error) : error;
}

/**
 * Hosts a plan, and plans and hosts anew, on a new connection, when the server was lost before the run was under way, or came back elsewhere.
 * The loss of a server that comes back to its place while a run is hosted is borne there.
 *
 * @param host throws through {@link rethrow}; `begun` when this command hosted the run before: what it was told to change is changed by now
 */
export async function retake(plan: RunPlan, output: ExecOutput, host: (plan: RunPlan, begun: boolean) => Promise<number>): Promise<number> {
  let current = plan;
  let begun = false;
  for (let time = 1; ; time++) {
    try {
      return await host(current, begun);
    } catch (error) {
      if (!(error instanceof ServerLost)) throw error;
      if (error.begun) time = 0;
      begun ||= error.begun;
      if (time === mostTimes) throw error.cause;
      output.notice('the Temporal server was lost meanwhile; trying once more');
      if (error.runId !== undefined) current = planAnew(current, error.runId);
    }
  }
}

/** The plan to take up a run whose folder is there: it may have begun or closed since it was planned. */
export function planAnew(plan: RunPlan, runId: string): RunPlan {
  return { ...plan, recorded: { ...findRecorded(plan.root, runId), asked: plan.recorded?.asked ?? '' } };
}
