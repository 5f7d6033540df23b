import type { Client } from '@temporalio/client';
import { controlUpdate, type ControlAnswer, type ControlRequest } from '../../schemas/run-control.ts';
import { OdwError } from '../../src/errors/error.ts';
import { isNotFound } from './not-found.ts';
import { liveWorkers } from '../service/pollers.ts';

/** Milliseconds within which a command says that nobody answers (CTRL-08). */
const answerMs = 4500;
/** The same when a host is known to live: then it is only busy. */
const busyMs = 30_000;

/** A run as the server knows it; undefined when it does not. */
export async function lookUpRun(client: Client, runId: string): Promise<{ open: boolean; status: string; queue: string } | undefined> {
  try {
    const { status, taskQueue } = await client.withDeadline(Date.now() + answerMs, () => client.workflow.getHandle(runId).describe());
    return { open: status.name === 'RUNNING', status: status.name.toLowerCase(), queue: taskQueue };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether a process takes the tasks of a queue, as far as the server and this machine know. */
export async function isServed(client: Client, queue: string): Promise<boolean> {
  return (await liveWorkers(client, queue)).length > 0;
}

/**
 * Sends a command to an open run and waits for its answer, which comes from the run itself.
 *
 * @throws OdwError `worker-down` when nobody hosts the run, or who does gives no answer
 */
export async function sendCommand(client: Client, runId: string, queue: string, request: ControlRequest): Promise<ControlAnswer> {
  const workers = await liveWorkers(client, queue);
  const waitMs = workers.some(({ here }) => here) ? busyMs : answerMs;
  const until = Date.now() + waitMs;
  if (workers.length === 0) throw workerDown(runId, `nobody hosts run ${runId}`);
  const handle = client.workflow.getHandle(runId);
  try {
    return await client.withDeadline(until, () => handle.executeUpdate<ControlAnswer, [ControlRequest]>(controlUpdate, { args: [request] }));
  } catch (error) {
    if ((error as { name?: string }).name !== 'WorkflowUpdateRPCTimeoutOrCancelledError' && !isDeadline(error)) throw error;
    throw workerDown(runId, `the process that hosts run ${runId} gave no answer within ${waitMs / 1000} s; it may still take the command`);
  }
}

export function workerDown(runId: string, message: string): OdwError {
  const next = `Host the run again with odw exec --resume ${runId}, or start a worker with odw worker start, and repeat the command.`;
  return new OdwError('worker-down', message, { fields: { runId }, next });
}

const grpcDeadline = 4;

function isDeadline(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return code === grpcDeadline || cause?.code === grpcDeadline;
}
