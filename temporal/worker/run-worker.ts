import type { NativeConnection, Worker } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import type { SinkRecord } from '../../schemas/journal.ts';
import { hashInputs } from '../../activities/inputs/hash-inputs.ts';
import { loadSkill } from '../../activities/skills/load-skill.ts';
import { ownWorkflowBundlePath } from './bundle.ts';
import { workerIdentity } from './identity.ts';
import { loadResults } from '../blobs/result-blobs.ts';
import { loadAgentDefinition } from './agent-definition.ts';
import { loadWorkflow, prepareSchema, prepareWorkspace } from './preparations.ts';
import { nodeActivity, preparing, type NodeActivityOptions } from './node-activity.ts';

export interface RunWorkerOptions extends NodeActivityOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  dataConverter: DataConverter;
  /** Most nodes, and what prepares them, that run at once in this worker. */
  slots: number;
  /** True when this worker alone serves the queue: its nodes need not go through it. False = every node goes to whichever host has room. */
  alone: boolean;
  /** Milliseconds that running nodes get when the worker shuts down, before they are told to leave. */
  leaveGraceMs: number;
  /** Version that other workers of the queue see; absent = not told. */
  version?: string;
  /** Takes every journal event, those of a replay included (DESIGN D6). */
  onEvent: (workflowId: string, record: SinkRecord) => void;
}

/** Milliseconds that running executors get to end by themselves when their host leaves (CLI-04). */
export const leaveGraceMs = 10_000;

/**
 * How scripts are isolated. One context per run: nothing that a script changes is seen by the next (docs/sandbox.md).
 * The time limit of one activation is the net under the loop guard, which counts turns and so must have time to count on a busy machine, as
 * must the hashes of large prompts;
 * the option is missing in the SDK's type.
 */
export const sandboxOptions = { reuseV8Context: false, workflowThreadPoolSize: 1, isolateExecutionTimeout: '30s' };

/** The task queue that only the hosts of one run serve (DESIGN D11). */
export function runQueue(runId: string): string {
  return `odw-run-${runId}`;
}

/** Assembles a worker for runs: the interpreter's bundle, the node activity, the journal sink. */
export async function createRunWorker(options: RunWorkerOptions): Promise<Worker> {
  const { Worker } = await import('@temporalio/worker');
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    identity: workerIdentity(),
    dataConverter: options.dataConverter,
    workflowBundle: { codePath: ownWorkflowBundlePath() },
    activities: {
      agent: nodeActivity(options),
      ...preparing({ prepareSchema, prepareWorkspace, loadWorkflow, loadAgentDefinition, loadResults, hashInputs, loadSkill }, options),
    },
    sinks: {
      journal: {
        emit: {
          fn: (info: { workflowId: string }, record: SinkRecord) => options.onEvent(info.workflowId, record),
          callDuringReplay: true,
        },
      },
    },
    ...sandboxOptions,
    maxCachedWorkflows: 16,
    ...(options.alone ? handedOver(options.slots) : { maxConcurrentActivityTaskExecutions: options.slots, maxEagerActivityReservationsPerWorkflowTask: 0 }),
    // A stop must reach the executor within about a second; the answer to a heartbeat is what brings it.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: options.leaveGraceMs + 1000,
    shutdownForceTime: options.leaveGraceMs + 15_000,
    ...(options.version === undefined
      ? {}
      : { workerDeploymentOptions: { version: { deploymentName: 'odw', buildId: options.version }, useWorkerVersioning: false as const } }),
  });
}

/**
 * Nodes come back with the server's answer to the workflow task that asked for them, as many as there are slots for. Every poller holds a slot
 * while it waits: with the usual ten of them a narrow run would have none left.
 */
function handedOver(slots: number) {
  const pollers = { type: 'simple-maximum' as const, maximum: 2 };
  return {
    maxConcurrentActivityTaskExecutions: slots + pollers.maximum,
    maxEagerActivityReservationsPerWorkflowTask: slots,
    activityTaskPollerBehavior: pollers,
    workflowTaskPollerBehavior: pollers,
  };
}
