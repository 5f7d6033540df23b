import type { Client } from '@temporalio/client';
import { isNotFound } from '../run/not-found.ts';
import { isDeadLocalWorker } from './identity.ts';
import { handBackWaitingTask } from './waiting-task.ts';
import { freeWorkflowTask, taskOfDeadWorker } from './workflow-task.ts';

/**
 * Frees what a dead host of this machine still holds, instead of waiting for heartbeats to time out (DESIGN D4): fails each of
 * its pending activities, so that the server dispatches them again at once, forgets its sticky queue, and takes back the workflow task that it had begun.
 *
 * @param living true when the run's own host lives: its sticky queue is left alone unless a dead worker held something
 * @returns how many activities were freed
 */
export async function rescueRun(client: Client, workflowId: string, living = false): Promise<number> {
  const handle = client.workflow.getHandle(workflowId);
  const description = await handle.describe();
  const execution = { workflowId, runId: description.runId };
  let freed = 0;
  for (const activity of description.raw.pendingActivities ?? []) {
    if (!activity.activityId || !activity.lastWorkerIdentity || !isDeadLocalWorker(activity.lastWorkerIdentity)) continue;
    // The activity may end or be retried in the same moment; then there is nothing to free.
    await client.activity.fail({ ...execution, activityId: activity.activityId }, new Error('the host of this node is gone')).then(
      () => freed++,
      () => {},
    );
  }
  await handBackWaitingTask(client, description);
  const task = await taskOfDeadWorker(client, description);
  if (freed === 0 && !task && living) return freed;
  // A run that has closed holds nothing; it may close in this very moment.
  await client.workflowService.resetStickyTaskQueue({ namespace: client.options.namespace, execution }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  if (task) await freeWorkflowTask(client, description, task);
  return freed;
}
