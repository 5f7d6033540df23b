import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Json } from '../../schemas/json.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { RunOptions } from '../../schemas/options.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { compileScript } from '../../src/script/compile.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { loadResults } from '../../temporal/blobs/result-blobs.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine, type Engine } from '../../temporal/engine/index.ts';
import { prepareSchema } from '../../temporal/worker/preparations.ts';
import { sandboxOptions } from '../../temporal/worker/run-worker.ts';
import { startRun } from '../../temporal/run/start.ts';
import { watchRun } from '../../temporal/worker/watchdog.ts';
import type { Dialect } from '../../schemas/script.ts';
import type { AgentDefinition, LoadedWorkflow, WorkspaceFacts } from '../../workflows/activities.ts';

export interface ScriptRun {
  /** `completed` with the script's result, or why the run ended otherwise. */
  status: 'completed' | 'failed' | 'terminated' | 'cancelled';
  result?: Json | undefined;
  error?: string;
  events: SinkRecord['event'][];
  records: SinkRecord[];
  requests: NodeRequest[];
  /** Id of the run on the server. */
  runId: string;
}

export interface ScriptRunOptions {
  args?: Json;
  options?: Partial<RunOptions>;
  reuse?: RunInput['reuse'];
  /** Stands in for executors; default answers with the prompt as text. */
  agent?: (request: NodeRequest) => Promise<NodeOutcome> | NodeOutcome;
  children?: Record<string, string>;
  agentTypes?: Record<string, AgentDefinition>;
  workspace?: WorkspaceFacts;
  fileName?: string;
  /** Starts the run as a schedule of this name does: the input does not know its run id. */
  schedule?: string;
  /** Begin of the run id; default `test`. */
  runId?: string;
}

/** The real interpreter on the real server, with nodes answered in the test's own process. */
export class Interpreter {
  /** Blobs of earlier results that runs asked for, in order. */
  fetched: string[] = [];

  private constructor(
    private readonly engine: Engine,
    private readonly client: Client,
    private readonly connection: NativeConnection,
    private readonly worker: Worker,
    private readonly working: Promise<void>,
    private readonly taskQueue: string,
    private readonly runs: Map<string, { run: ScriptRun; options: ScriptRunOptions }>,
  ) {}

  static async start(): Promise<Interpreter> {
    const { bundleWorkflowCode, DefaultLogger, Worker } = await import('@temporalio/worker');
    const engine = await ensureEngine();
    const dataConverter = blobDataConverter();
    const { connection, client } = await connectEngine(engine, dataConverter);
    const root = join(import.meta.dirname, '../..');
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: join(root, 'workflows/index.ts'),
      payloadConverterPath: join(root, 'workflows/sandbox/payload-converter.ts'),
      workflowInterceptorModules: [join(root, 'workflows/sandbox/interceptors.ts')],
      logger: new DefaultLogger('ERROR'),
    });
    const taskQueue = `test-${randomUUID()}`;
    const fetched: string[] = [];
    // Every test run has a root of its own, which all activity requests carry.
    const runs = new Map<string, { run: ScriptRun; options: ScriptRunOptions }>();
    const of = (request: { root: string }) => runs.get(request.root) as { run: ScriptRun; options: ScriptRunOptions };
    const worker = await Worker.create({
      connection,
      namespace: engine.namespace,
      taskQueue,
      dataConverter,
      workflowBundle,
      ...sandboxOptions,
      maxHeartbeatThrottleInterval: '1s',
      activities: {
        agent: async (request: NodeRequest) => {
          const { run, options } = of(request);
          run.requests.push(request);
          return options.agent ? options.agent(request) : answer(request.prompt);
        },
        prepareSchema,
        prepareWorkspace: (request: { root: string }) => Promise.resolve(of(request).options.workspace ?? { isGit: true, dirty: false }),
        loadWorkflow: (request: { root: string; ref: string; callersDialect?: Dialect }) =>
          loadChild(of(request).options.children ?? {}, request.ref, request.callersDialect),
        loadResults: (request: { sha256: string }) => {
          fetched.push(request.sha256);
          return loadResults(request);
        },
        loadAgentDefinition: (request: { root: string; type: string }) =>
          Promise.resolve(of(request).options.agentTypes?.[request.type] ?? { ok: false as const, message: `AGENT_TYPE_UNKNOWN: ${request.type}` }),
      },
      sinks: {
        journal: {
          emit: {
            fn: ({ workflowId }: { workflowId: string }, record: SinkRecord) => {
              const known = runs.get(rootOf(workflowId));
              if (known) keep(known.run, record);
            },
            callDuringReplay: true,
          },
        },
      },
    });
    return Object.assign(new Interpreter(engine, client, connection, worker, worker.run(), taskQueue, runs), { fetched });
  }

  async close(): Promise<void> {
    this.worker.shutdown();
    await this.working;
    await this.connection.close();
  }

  /** What the Web UI shows as current details of a run. */
  async details(runId: string): Promise<string> {
    const metadata = await this.client.workflow.getHandle(runId).query<{ currentDetails?: string }, []>('__temporal_workflow_metadata');
    return metadata.currentDetails ?? '';
  }

  /** Runs that the server's visibility finds, with their search attributes. */
  async find(query: string): Promise<{ runId: string; attributes: Record<string, unknown> }[]> {
    const found = [];
    for await (const { workflowId, searchAttributes } of this.client.workflow.list({ query })) found.push({ runId: workflowId, attributes: searchAttributes });
    return found;
  }

  /** How often a run set search attributes. */
  async upserts(runId: string): Promise<number> {
    const { events } = await this.client.workflow.getHandle(runId).fetchHistory();
    return (events ?? []).filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;
  }

  private start(input: RunInput, schedule: string | undefined): Promise<WorkflowHandle> {
    if (schedule === undefined) return startRun(this.client, input, this.engine.searchAttributes, this.taskQueue);
    const pinned: RunInput = { ...input, runId: schedule, runDir: 'unknown', startedMs: 0, scheduled: { schedule } };
    return this.client.workflow.start(input.script.meta.name, { taskQueue: this.taskQueue, workflowId: input.runId, args: [pinned] });
  }

  /** Runs a script to its end. Ends hopeless runs by the watchdog, as a host does. */
  async run(source: string, options: ScriptRunOptions = {}): Promise<ScriptRun> {
    const input = await makeInput(source, options);
    const run: ScriptRun = { status: 'completed', events: [], records: [], requests: [], runId: input.runId };
    this.runs.set(input.root, { run, options });
    const handle = await this.start(input, options.schedule);
    const watchdog = watchRun(this.client, input.runId, { lost: () => {}, answered: () => {} }, 250);
    try {
      const result = handle.result() as Promise<{ result?: Json }>;
      run.result = (await Promise.race([result, this.working.then(() => Promise.reject(new Error('the worker ended')))])).result;
    } catch (error) {
      const cause = (error as { cause?: { message?: string; name?: string; type?: string; details?: { result?: Json }[] } }).cause;
      if (!cause) throw error;
      run.status = cause.name === 'TerminatedFailure' ? 'terminated' : cause.name === 'CancelledFailure' ? 'cancelled' : 'failed';
      run.error = cause.message ?? (error as Error).message;
      if (cause.type === 'result_not_ok') run.result = cause.details?.[0]?.result;
    } finally {
      watchdog.stop();
    }
    return run;
  }
}

/** A node outcome with a final text. */
export function answer(text: string, tokens: number | null = null): NodeOutcome {
  return { status: 'ok', value: text, isText: true, tokens, taken: 'mock', events: [] };
}

export function failure(category: string, message: string, retryable = false): NodeOutcome {
  return { status: 'failed', value: null, isText: false, failure: { category, message, retryable }, tokens: null, taken: 'mock', events: [] };
}

function rootOf(runId: string): string {
  return join(tmpdir(), runId);
}

function keep(run: ScriptRun, record: SinkRecord): void {
  if (record.seq <= run.records.length) return;
  run.records.push(record);
  run.events.push(record.event);
}

async function loadChild(children: Record<string, string>, ref: string, callersDialect?: Dialect): Promise<LoadedWorkflow> {
  const source = children[ref];
  if (source === undefined) return { ok: false, message: `workflow "${ref}" not found (looked in: the test)` };
  try {
    return { ok: true, script: await compileScript({ path: `/project/${ref}.js`, source, callersDialect }) };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

async function makeInput(source: string, options: ScriptRunOptions): Promise<RunInput> {
  const runId = `${options.runId ?? 'test'}-${randomUUID()}`;
  const root = rootOf(runId);
  return {
    version: 1,
    runId,
    root,
    runDir: join(root, '.odw', 'runs', runId),
    script: await compileScript({ path: `/project/${options.fileName ?? 'script.js'}`, source, dialect: options.options?.dialect }),
    args: options.args ?? null,
    ...(options.args === undefined ? { argsOmitted: true } : {}),
    inputSha256: '',
    inputRaw: null,
    executor: { pandacodeBin: null, codexctlBin: null },
    options: {
      backend: 'mock',
      provider: null,
      providerIsFlag: false,
      model: null,
      effort: 'low',
      timeoutMs: null,
      concurrency: 16,
      maxAgents: 1000,
      budget: null,
      autoAnswer: true,
      worktreeRoot: join(root, 'trees'),
      maxPayloadBytes: 64 * 1024 * 1024,
      ...options.options,
    },
    resumeFrom: '',
    resumedFrom: null,
    reuse: options.reuse ?? null,
    preview: false,
    startedMs: 1,
    command: ['odw', 'exec'],
    shell: 'odw exec',
    odwVersion: 'test',
    nodeVersion: process.version,
  };
}
