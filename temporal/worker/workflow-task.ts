import type { Client, WorkflowExecutionDescription } from '@temporalio/client';

/** A workflow task that a worker took and that is still open. */
export interface TakenTask {
  scheduledEventId: number;
  attempt: number;
  /** Version of the namespace when the task was scheduled; 0 outside of global namespaces. */
  version: number;
}

// PENDING_WORKFLOW_TASK_STATE_STARTED; WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND, the cause after which attempts are counted anew.
const started = 2;
const failoverClose = 18;

/**
 * The workflow task that a worker took and will not answer; undefined when there is none.
 *
 * @param isGone asked with the identity of who took it; undefined when history does not tell, as of further attempts
 */
export async function takenTask(
  client: Client,
  { workflowId, runId, raw, historyLength }: WorkflowExecutionDescription,
  isGone: (identity: string | undefined) => boolean,
): Promise<TakenTask | undefined> {
  const pending = raw.pendingWorkflowTask;
  if (Number(pending?.state) !== started) return undefined;
  const attempt = pending?.attempt ?? 1;
  // Further attempts are written to history when they end well: the number of the first of their events is kept for them.
  if (attempt > 1) return isGone(undefined) ? { scheduledEventId: historyLength + 1, attempt, version: 0 } : undefined;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  // What comes while a task runs is kept back until it ends, so the task's start is the last event.
  const last = history?.events?.[0];
  const task = last?.workflowTaskStartedEventAttributes;
  if (!task || !isGone(task.identity ?? '')) return undefined;
  return { scheduledEventId: Number(task.scheduledEventId), attempt, version: Number(last.version ?? 0) };
}

/**
 * Fails a workflow task that nobody will answer, so that the server hands it out again at once instead of after its time limit of ten
 * seconds or more. The server gives the token of a task to the worker alone; ours is made of the same fields (server 1.31, `token.v1.Task`).
 * A server that reads it otherwise refuses it, and then the time limit does what it always did.
 */
export async function freeWorkflowTask(client: Client, { workflowId, runId }: WorkflowExecutionDescription, task: TakenTask): Promise<void> {
  try {
    const { namespace } = client.options;
    const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace });
    const taskToken = await encodeToken(namespaceInfo?.id ?? '', workflowId, runId, task);
    await client.workflowService.respondWorkflowTaskFailed({ namespace, taskToken, cause: failoverClose, identity: 'odw' });
  } catch {
    // It ended in the meantime, or the token is not taken.
  }
}

async function encodeToken(namespaceId: string, workflowId: string, runId: string, task: TakenTask): Promise<Uint8Array> {
  const { default: protobuf } = await import('protobufjs/minimal.js');
  const tag = (field: number, wireType: 0 | 2) => (field << 3) | wireType;
  return protobuf.Writer.create()
    .uint32(tag(1, 2))
    .string(namespaceId)
    .uint32(tag(2, 2))
    .string(workflowId)
    .uint32(tag(3, 2))
    .string(runId)
    .uint32(tag(4, 0))
    .int64(task.scheduledEventId)
    .uint32(tag(5, 0))
    .int32(task.attempt)
    .uint32(tag(11, 0))
    .int64(task.version)
    .finish();
}
