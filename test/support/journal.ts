import type { Json } from '../../schemas/json.ts';
import type { JournalRecord, SinkRecord } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { runInput } from '../../schemas/run-input.ts';
import { eventSummary } from '../../src/journal/lines.ts';
import { applyRecord, emptyState } from '../../src/journal/state.ts';
import { buildRunFile } from '../../activities/journal/run-file.ts';

type Fields = { [key: string]: Json };

/** A workflow input with everything filled in; `change` overrides top-level fields. */
export function makeInput(runDir: string, change: Partial<RunInput> = {}): RunInput {
  const input: RunInput = {
    version: 1,
    runId: runDir.split('/').at(-1) ?? 'odw-exec-1-1',
    root: runDir.split('/.odw/')[0] ?? '/project',
    runDir,
    script: {
      path: '/project/audit.js',
      source: 'export const meta = {};',
      sha256: 'a'.repeat(64),
      form: 'top-level',
      meta: { name: 'nightly-audit', phases: [] },
      metaIsLiteral: true,
      body: '',
      inserts: {},
    },
    args: {},
    inputSha256: 'b'.repeat(64),
    inputRaw: null,
    executor: { pandacodeBin: null, codexctlBin: null },
    options: {
      backend: 'pandacode',
      provider: null,
      providerIsFlag: false,
      model: null,
      effort: 'low',
      timeoutMs: null,
      concurrency: 16,
      maxAgents: 1000,
      budget: null,
      autoAnswer: true,
      worktreeRoot: '/state/worktrees',
      maxPayloadBytes: 64 * 1024 * 1024,
    },
    resumeFrom: '',
    resumedFrom: null,
    reuse: null,
    preview: false,
    startedMs: Date.UTC(2026, 2, 1, 9, 0, 0),
    command: ['odw', 'exec', '--script', 'audit.js'],
    shell: 'odw exec --script audit.js',
    odwVersion: '0.4.0',
    nodeVersion: 'v20.20.0',
    ...change,
  };
  return runInput.parse(input);
}

/** Writes a run's events one after another, as the workflow's sink would hand them over. */
export class EventScript {
  readonly records: SinkRecord[] = [];
  private spent = 0;
  private approx = false;

  constructor(private clockMs: number) {}

  get nowMs(): number {
    return this.clockMs;
  }

  at(ms: number): this {
    this.clockMs = ms;
    return this;
  }

  emit(type: string, fields: Fields = {}, state?: Fields, stream: 'stdout' | 'stderr' = 'stdout'): this {
    const event = { type, ts: new Date(this.clockMs).toISOString(), ...fields };
    this.records.push({ seq: this.records.length + 1, ts_ms: this.clockMs, event, ...(state ? { state } : {}), stream });
    return this;
  }

  /** Adds tokens to the budget and returns it as the interpreter reports it. */
  budget(tokens: number | null): Fields {
    if (tokens === null) this.approx = true;
    this.spent += tokens ?? 0;
    return { total: null, spent: this.spent, approx: this.approx };
  }
}

/** The journal as it stands in events.jsonl, and the state, for a run's events. */
export function project(input: RunInput, records: SinkRecord[], exit?: { status: 'completed' | 'failed' | 'cancelled'; code: number }) {
  const state = emptyState(input);
  const events: JournalRecord[] = [
    {
      type: 'launch',
      seq: 0,
      ts_ms: input.startedMs,
      run_id: input.runId,
      action: 'exec',
      script: input.script.path,
      backend: input.options.backend,
      runner: 'temporal',
      state_path: `${input.runDir}/state.json`,
      resume_from: null,
      resume_state_path: null,
      command: input.command,
      shell: input.shell,
    },
  ];
  for (const record of records) {
    applyRecord(state, record);
    events.push({ type: 'script_stream', seq: record.seq, ts_ms: record.ts_ms, stream: record.stream, summary: eventSummary(record.event), raw: record.event });
  }
  const endMs = records.at(-1)?.ts_ms ?? input.startedMs;
  if (exit) events.push({ type: 'exit', seq: records.length + 1, ts_ms: endMs, ...exit });
  const run: RunFile = {
    ...buildRunFile(input, {
      workflowId: input.runId,
      temporalRunId: 'temporal-run',
      namespace: 'default',
      address: '127.0.0.1:7233',
      ui: 'http://127.0.0.1:8233',
    }),
    ...(exit ? { status: exit.status, finished_ms: endMs } : {}),
  };
  return { run, events, state };
}
