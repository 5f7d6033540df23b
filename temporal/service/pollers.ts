import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { OdwError } from '../../src/errors/error.ts';
import { unixMs } from '../run/closing.ts';
import { isDeadLocalWorker } from '../worker/identity.ts';
import { sharedQueue } from './queue.ts';

/** A worker of a task queue, as the server knows it. */
export interface WorkerView {
  host: string;
  pid: number;
  /** Version of its odw; null when it does not tell. */
  version: string | null;
  /** Milliseconds since it last asked for work. A living worker asks at least once a minute. */
  seen_ms_ago: number;
  /** On this machine. */
  here: boolean;
  identity: string;
}

// A poll lasts a minute; the server forgets a poller after five.
const silentMs = 90_000;
// TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY
const queueTypes = [1, 2];

/** The workers that serve a queue, without those known to be dead, by host and process. */
export async function listWorkers(client: Client, queue = sharedQueue): Promise<WorkerView[]> {
  const found = new Map<string, WorkerView>();
  for (const taskQueueType of queueTypes) {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: queue },
      taskQueueType,
    });
    for (const poller of pollers ?? []) {
      const worker = readWorker(poller.identity ?? '', poller.deploymentOptions?.buildId, unixMs(poller.lastAccessTime ?? {}));
      const known = worker && found.get(worker.identity);
      if (worker && (!known || known.seen_ms_ago > worker.seen_ms_ago)) found.set(worker.identity, worker);
    }
  }
  return [...found.values()].sort((a, b) => (a.host === b.host ? a.pid - b.pid : a.host < b.host ? -1 : 1));
}

/** The workers of a queue that asked for work lately enough to count as living. */
export async function liveWorkers(client: Client, queue = sharedQueue): Promise<WorkerView[]> {
  return (await listWorkers(client, queue)).filter((worker) => worker.seen_ms_ago < silentMs);
}

/**
 * Two versions on one queue would replay each other's runs, and may not agree on how (FLEET-05).
 *
 * @throws OdwError `worker-version-differs`, naming both
 */
export async function refuseOtherVersions(client: Client, version: string): Promise<void> {
  const other = (await liveWorkers(client)).find((worker) => worker.version !== null && worker.version !== version);
  if (!other) return;
  throw new OdwError(
    'worker-version-differs',
    `this is odw ${version}; the worker ${other.host}:${other.pid} serves the queue with odw ${other.version}, last seen ${Math.round(other.seen_ms_ago / 1000)} s ago`,
    { fields: { version, other: other.version, worker: other.identity } },
  );
}

function readWorker(identity: string, buildId: string | null | undefined, seenMs: number): WorkerView | undefined {
  const match = /^odw@(.+):(\d+):[^:]*$/.exec(identity);
  if (!match || isDeadLocalWorker(identity)) return undefined;
  const host = match[1] as string;
  const seen = Math.max(0, Date.now() - seenMs);
  return { host, pid: Number(match[2]), version: buildId || null, seen_ms_ago: seen, here: host === hostname(), identity };
}
