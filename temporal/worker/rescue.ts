import type { Client } from '@temporalio/client';
import { isNotFound } from '../run/not-found.ts';
import { isDeadLocalWorker } from './identity.ts';
import { handBackWaitingTask } from './waiting-task.ts';
import { failNode } from './lost-tasks.ts';
import { freeWorkflowTask, takenTask } from './workflow-task.ts';

/**
 * Whose tasks are freed. `alone`: the caller is about to be the only worker of the run's queue, so all but itself is gone. `shared`: other workers
 * may serve the queue. `living`: as shared, and a worker that serves the run well is asking: its sticky queue is left alone unless a dead one held something.
 */
export type Rescuer = 'alone' | 'shared' | 'living';

/**
 * Frees what a dead host of this machine still holds, instead of waiting for heartbeats to time out (DESIGN D4): fails each of
 * its pending activities, so that the server dispatches them again at once, forgets its sticky queue, and takes back the workflow task that it had begun.
 *
 * @returns how many activities were freed
 */
export async function rescueRun(client: Client, workflowId: string, rescuer: Rescuer): Promise<number> {
  const handle = client.workflow.getHandle(workflowId);
  const description = await handle.describe();
  const execution = { workflowId, runId: description.runId };
  const held = (description.raw.pendingActivities ?? []).flatMap(({ activityId, lastWorkerIdentity }) =>
    activityId && lastWorkerIdentity && isDeadLocalWorker(lastWorkerIdentity) ? [activityId] : [],
  );
  const isHandedBack = await handBackWaitingTask(client, description);
  const why = 'the host of this node is gone';
  const freed = (await Promise.all(held.map((activityId) => failNode(client, { ...execution, activityId }, why)))).filter(Boolean).length;
  // The dead worker's queue is forgotten with that task; to forget it earlier would keep the task there.
  if (isHandedBack) return freed;
  const task = await takenTask(client, description, (identity) => (identity === undefined ? rescuer === 'alone' : isDeadLocalWorker(identity)));
  if (freed === 0 && !task && rescuer === 'living') return freed;
  // A run that has closed holds nothing; it may close in this very moment.
  await client.workflowService.resetStickyTaskQueue({ namespace: client.options.namespace, execution }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  if (task) await freeWorkflowTask(client, description, task);
  return freed;
}
