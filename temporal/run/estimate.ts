import type { Client, WorkflowHandle } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { playNode } from '../../activities/run-node/play-node.ts';
import { loadSkill } from '../../activities/skills/load-skill.ts';
import type { HashRequest } from '../../schemas/inputs.ts';
import type { InnerEvent, SinkRecord } from '../../schemas/journal.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import type { LoadedSkill } from '../../schemas/skills.ts';
import type { Engine } from '../engine/index.ts';
import { loadResults } from '../blobs/result-blobs.ts';
import { loadAgentDefinition } from '../worker/agent-definition.ts';
import { workflowBundlePath } from '../worker/bundle.ts';
import { loadWorkflow, prepareSchema } from '../worker/preparations.ts';
import { runQueue, sandboxOptions } from '../worker/run-worker.ts';
import { watchRun } from '../worker/watchdog.ts';
import { KeptInputs, type RecordedInputs } from './kept-inputs.ts';
import { KeptPreparations, type KeptPreparation } from './kept-preparations.ts';
import { startRun } from './start.ts';

export interface EstimateOptions {
  engine: Engine;
  connection: NativeConnection;
  client: Client;
  dataConverter: DataConverter;
  input: RunInput;
  /** Longest time in milliseconds; then the script is ended, and what was seen until then counts. */
  limitMs: number;
  /** Answers a node; default as the mock backend does. */
  answer?: (request: NodeRequest) => Promise<NodeOutcome>;
  /** Hashes that nodes of an open run keep; the others are made now. */
  recorded?: readonly RecordedInputs[];
  /** Schemas, scripts and agent definitions that an open run has read; the others are read now. */
  preparations?: readonly KeptPreparation[];
  /** Skills to take as they are here, by id; the others are read now. */
  recordedSkills?: ReadonlyMap<string, LoadedSkill>;
}

/** What a script did while it was played. */
export interface PlayedRun {
  events: InnerEvent[];
  records: SinkRecord[];
  /** Why it did not come to its end, when it did not. */
  stopped?: string;
}

/**
 * Plays a script from start to end (LINT-01): the real interpreter, nodes answered in this process at once. No run folder is made,
 * no executor started, no worktree opened, and the engine forgets the run afterwards.
 */
export async function playRun({
  engine,
  connection,
  client,
  dataConverter,
  input,
  limitMs,
  answer = playNode,
  recorded = [],
  preparations = [],
  recordedSkills,
}: EstimateOptions): Promise<PlayedRun> {
  const { Worker } = await import('@temporalio/worker');
  const kept = new KeptInputs(recorded);
  const read = new KeptPreparations(preparations);
  const records: SinkRecord[] = [];
  const keep = (_info: unknown, record: SinkRecord) => {
    if (record.seq > records.length) records.push(record);
  };
  const worker = await Worker.create({
    connection,
    namespace: engine.namespace,
    taskQueue: runQueue(input.runId),
    dataConverter,
    workflowBundle: { codePath: workflowBundlePath() },
    activities: {
      agent: answer,
      prepareSchema: read.before('prepareSchema', prepareSchema),
      prepareWorkspace: () => Promise.resolve({ isGit: true, dirty: false }),
      loadWorkflow: read.before('loadWorkflow', loadWorkflow),
      loadAgentDefinition: read.before('loadAgentDefinition', loadAgentDefinition),
      loadResults,
      hashInputs: (request: HashRequest) => kept.hash(request),
      loadSkill: async (request: Parameters<typeof loadSkill>[0]) => recordedSkills?.get(request.id) ?? loadSkill(request),
    },
    sinks: { journal: { emit: { fn: keep, callDuringReplay: true } } },
    ...sandboxOptions,
    shutdownGraceTime: 0,
    shutdownForceTime: '5s',
  });
  const running = worker.run();
  running.catch(() => {});
  try {
    const handle = await startRun(client, input, engine.searchAttributes);
    const stopped = await ending(client, handle, input.runId, limitMs);
    return { events: records.map(({ event }) => event), records, ...(stopped === undefined ? {} : { stopped }) };
  } finally {
    worker.shutdown();
    await running.catch(() => {});
    await forget(client, input.runId);
  }
}

async function ending(client: Client, handle: WorkflowHandle, runId: string, limitMs: number): Promise<string | undefined> {
  const watchdog = watchRun(client, runId, { lost: () => {}, answered: () => {} });
  const limit = setTimeout(() => void handle.terminate(`not at its end after ${limitMs / 1000} s`).catch(() => {}), limitMs);
  try {
    await handle.result();
    return undefined;
  } catch (error) {
    return ((error as { cause?: Error }).cause ?? (error as Error)).message;
  } finally {
    clearTimeout(limit);
    watchdog.stop();
  }
}

async function forget(client: Client, workflowId: string): Promise<void> {
  // The server takes about half a minute for it. Should it fail, there is a line more in the Web UI, for as long as closed runs are kept.
  await client.workflowService.deleteWorkflowExecution({ namespace: client.options.namespace, workflowExecution: { workflowId } }).catch(() => {});
}
