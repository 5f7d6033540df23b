import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { isServerAway } from '../run/over-loss.ts';
import { isDeadLocalWorker, workerIdentity } from './identity.ts';
import type { TasksInHand } from './in-hand.ts';
import { freeWorkflowTask, takenTask } from './workflow-task.ts';

export interface LostTasks {
  /** The server was away: a workflow task that it had handed out may not have come. */
  serverWasAway(): void;
  /** Takes a look at a run, and frees what was lost. Called every second or so. */
  look(description: WorkflowExecutionDescription): Promise<void>;
}

// Time in which a task is on its way: to this worker, or its answer, tried again, to the server.
const onTheWayMs = 2500;
// Time after a loss of the server in which tasks are still found to be lost: answers are tried again for ten seconds.
const aftermathMs = 20_000;
// PENDING_ACTIVITY_STATE_STARTED, PENDING_WORKFLOW_TASK_STATE_STARTED
const started = 2;

/**
 * Finds tasks of a run that the server takes for being worked on and that nobody has in hand, and frees them at once instead of after their time
 * limits (a minute for nodes): a server that dies has noted a task as handed out before its worker gets it, and the answer of a worker may be lost
 * with it. Also frees what a dead worker of this machine took after it was looked for (see rescue).
 *
 * @param alone true when no other worker serves the run's queue
 */
export function lostTasks(client: Client, own: TasksInHand, alone: boolean, now: () => number = Date.now): LostTasks {
  const identity = workerIdentity();
  let seen = new Map<string, number>();
  let awayMs = -Infinity;
  // The one workflow task that may have been lost with the server; the worker was idle whenever it was looked at.
  let suspect: { key: string; sinceMs: number } | undefined;

  async function freeNodes({ workflowId, runId, raw }: WorkflowExecutionDescription): Promise<void> {
    const still = new Map<string, number>();
    for (const { activityId, state, attempt, lastWorkerIdentity } of raw.pendingActivities ?? []) {
      if (!activityId || state !== started || !lastWorkerIdentity) continue;
      const dead = isDeadLocalWorker(lastWorkerIdentity);
      if (!dead && (lastWorkerIdentity !== identity || own.hasNode(workflowId, activityId))) continue;
      const key = `${activityId} ${attempt ?? 1}`;
      const sinceMs = seen.get(key) ?? now();
      still.set(key, sinceMs);
      if (now() - sinceMs < onTheWayMs) continue;
      await failNode(client, { workflowId, runId, activityId }, 'the server had handed this node out, and it did not arrive');
    }
    seen = still;
  }

  async function freeTask(description: WorkflowExecutionDescription): Promise<void> {
    const pending = description.raw.pendingWorkflowTask;
    const key = Number(pending?.state) === started && !own.isPlaying() ? `${Number(pending?.startedTime?.seconds)}.${pending?.startedTime?.nanos}` : undefined;
    if (key === undefined || (suspect && suspect.key !== key)) suspect = undefined;
    else if (now() - awayMs < aftermathMs) suspect ??= { key, sinceMs: now() };
    if (!suspect || now() - suspect.sinceMs < onTheWayMs) return;
    suspect = undefined;
    const task = await takenTask(client, description, (worker) => (worker === undefined ? alone : worker === identity || isDeadLocalWorker(worker)));
    if (task) await freeWorkflowTask(client, description, task);
  }

  return {
    serverWasAway: () => void (awayMs = now()),
    async look(description) {
      await freeNodes(description);
      await freeTask(description);
    },
  };
}

/** Fails an activity from outside, so that the server hands it out again at once. One that ended or was handed out meanwhile is left alone. */
export async function failNode(client: Client, node: { workflowId: string; runId: string; activityId: string }, why: string): Promise<boolean> {
  try {
    await client.activity.fail(node, new Error(why));
    return true;
  } catch (error) {
    if (isServerAway(error)) throw error;
    return false;
  }
}
