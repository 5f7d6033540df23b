import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { isDeadLocalWorker, workerIdentity } from './identity.ts';

// PENDING_WORKFLOW_TASK_STATE_SCHEDULED, TASK_QUEUE_KIND_STICKY; WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND, the cause after which
// attempts are counted anew.
const scheduled = 1;
const sticky = 2;
const failoverClose = 18;
/** Milliseconds that the server is asked for the task; it refuses to be asked for less than two seconds. */
const pollMs = 5000;

/**
 * Takes a workflow task that waits in the own queue of a dead worker of this machine, and hands it back, in the background: something reached the run soon after
 * its host had died, a cancel for example, and the server meant it for that host. The run's next worker then gets it at once instead of after
 * the ten seconds that a task may wait there.
 *
 * @returns whether there was such a task
 */
export async function handBackWaitingTask(client: Client, description: WorkflowExecutionDescription): Promise<boolean> {
  const queue = await queueOfDeadWorker(client, description);
  if (queue === undefined) return false;
  // Not waited for: a worker that had time to shut down has given the task up, and then the server is asked in vain for seconds. It comes by
  // the run's own queue then. An error says the same: its time there was over, or the run has closed.
  void handBack(client, queue, description.taskQueue).catch(() => {});
  return true;
}

async function handBack(client: Client, queue: string, normalName: string): Promise<void> {
  const { namespace } = client.options;
  const taskQueue = { name: queue, kind: sticky, normalName };
  // Should this process die with the task in hand, the next host knows it by this name.
  const identity = workerIdentity();
  const poll = () => client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity });
  const { taskToken } = await client.withDeadline(Date.now() + pollMs, poll);
  if (taskToken?.length) await client.workflowService.respondWorkflowTaskFailed({ namespace, taskToken, cause: failoverClose, identity });
}

async function queueOfDeadWorker(client: Client, { workflowId, runId, raw }: WorkflowExecutionDescription): Promise<string | undefined> {
  if (Number(raw.pendingWorkflowTask?.state) !== scheduled) return undefined;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 50,
  });
  const task = history?.events?.find((event) => event.workflowTaskScheduledEventAttributes);
  const queue = task?.workflowTaskScheduledEventAttributes?.taskQueue;
  if (Number(queue?.kind) !== sticky || !queue?.name) return undefined;
  // The queue's name is the worker's identity with a unique end.
  return isDeadLocalWorker(queue.name.slice(0, queue.name.lastIndexOf('-'))) ? queue.name : undefined;
}
