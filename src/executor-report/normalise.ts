import type { Json } from '../../schemas/json.ts';
import { asObject, at, dropEmpty, firstText, type JsonObject } from './json-object.ts';
import { reportError, tailOf } from './report-error.ts';

/** One finished executor process, read from its files. */
export interface Execution {
  runtime: string;
  /** `exec`, `resume` or `answer`. */
  action: string;
  session: string;
  exitCode: number;
  signal?: string | undefined;
  stdout: string;
  stderr: string;
  /** The report as the executor wrote it; undefined when nothing could be parsed. */
  report: JsonObject | undefined;
  /** Where the raw report is kept, relative to the run directory. */
  rawReport?: string | undefined;
  /** Newest assistant message of the hook event log, for reports without one (PARSE-04). */
  loggedMessage?: string | undefined;
  /** The disk was full while it wrote, and it left no report: what it printed may not be all. */
  diskFull?: boolean;
}

// Fields with a place of their own, and the executor's own bookkeeping.
const META = new Set(
  'ok backend runtime model action session state exit_code run_id thread_id thread_path last_agent_message summary artifacts adapter error stdout_tail stderr_tail record wait execute start send driver dispatch_id pid started_ms ended_ms'.split(
    ' ',
  ),
);
const SUMMARY = ['ok', 'status', 'current_phase', 'counts', 'run_id', 'thread_id', 'turn_id', 'log_path', 'usage', 'start', 'execute', 'errors', 'warnings'];
const ARTIFACTS = [
  'prompt_file',
  'dispatch_prompt_file',
  'transport',
  'debug_log',
  'event_log',
  'log_dir',
  'log_path',
  'last_prompt_file',
  'last_dispatch_prompt_file',
  'diff',
  'transcript',
  'report',
];

/** Whether an execution succeeded (PARSE-02): the report does not say otherwise and the exit code is 0. */
export function succeeded(execution: Pick<Execution, 'report' | 'exitCode'>): boolean {
  return execution.exitCode === 0 && at(execution.report, 'ok') !== false;
}

/** The one shape in which odw keeps any executor's report (PARSE-01, PARSE-03). Empty values are dropped. */
export function normaliseReport(execution: Execution): JsonObject {
  const { report, runtime, action, exitCode, stdout, stderr } = execution;
  const ok = succeeded(execution);
  if (!report) {
    return dropEmpty({
      ok,
      backend: 'pandacode',
      runtime,
      action,
      session: execution.session,
      exit_code: exitCode,
      stdout_tail: tailOf(stdout, 4000),
      stderr_tail: tailOf(stderr, 4000),
      error: ok ? undefined : reportError(execution),
    });
  }
  const summary = asObject(at(report, 'summary'));
  const record = asObject(at(report, 'record'));
  const anywhere = (key: string) => firstText(at(summary, key), at(record, key), at(report, key));
  const own = Object.entries(report).filter(([key]) => !META.has(key));
  return dropEmpty({
    ...Object.fromEntries(own),
    ok,
    backend: 'pandacode',
    runtime,
    model: anywhere('model'),
    action,
    session: firstText(at(report, 'session')) ?? execution.session,
    state: firstText(at(report, 'state'), at(summary, 'status')) ?? 'unknown',
    exit_code: exitCode,
    run_id: anywhere('run_id'),
    thread_id: anywhere('thread_id'),
    thread_path: anywhere('thread_path'),
    last_agent_message: lastMessage(execution),
    summary: pick(summary, SUMMARY),
    artifacts: dropEmpty({
      ...pick(asObject(at(record, 'artifacts')), ARTIFACTS),
      ...pick(asObject(at(report, 'artifacts')), ARTIFACTS),
      raw_report: execution.rawReport,
    }),
    adapter: dropEmpty({
      backend: 'pandacode',
      runtime,
      raw_report: execution.rawReport,
      log_path: firstText(at(summary, 'log_path'), at(report, 'artifacts', 'debug_log')),
      stderr_tail: ok ? undefined : tailOf(stderr, 1000),
    }),
    stdout_tail: ok ? undefined : tailOf(stdout, 1000),
    stderr_tail: ok ? undefined : tailOf(stderr, 1000),
    error: ok ? undefined : reportError(execution),
  });
}

// PARSE-04; kept in full.
function lastMessage({ report, runtime, loggedMessage }: Execution): string | undefined {
  const summary = at(report, 'summary');
  return firstText(
    at(report, 'last_agent_message'),
    at(summary, 'last_agent_message'),
    at(summary, 'message'),
    at(summary, 'text'),
    runtime === 'bamboo' ? at(summary, 'summary') : undefined,
    at(report, 'message'),
    at(report, 'text'),
    at(report, 'codex', 'last_agent_message'),
    loggedMessage,
  );
}

function pick(object: JsonObject | undefined, keys: readonly string[]): JsonObject {
  const picked: Record<string, Json | undefined> = {};
  for (const key of keys) picked[key] = at(object, key);
  return dropEmpty(picked);
}
