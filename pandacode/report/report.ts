import type { Category, RunState } from '../errors/categories.ts';
import { categories } from '../errors/categories.ts';
import type { Failure } from '../errors/failure.ts';
import type { SessionRecord } from '../state/session-record.ts';
import type { TurnResult } from '../runtimes/runtime.ts';
import type { Cost } from '../usage/cost.ts';
import type { Usage } from '../usage/usage.ts';
import { unknownCost } from '../usage/cost.ts';

/** The one JSON object that exec, resume and answer print. */
export interface Report {
  ok: boolean;
  state: RunState;
  runtime: string;
  action: string;
  session: string;
  driver: string;
  dispatch_id: string | null;
  exit_code: number;
  pid: number;
  started_ms: number;
  ended_ms: number;
  model: string | null;
  effort: string | null;
  permission: string | null;
  last_agent_message: string;
  structured_output?: unknown;
  rejected_output?: unknown;
  pending_user_input: unknown;
  error?: Failure;
  warnings: string[];
  notes: string[];
  usage: Usage | null;
  cost: Cost;
  changed_files: string[];
  summary: Record<string, unknown>;
  artifacts: Record<string, unknown>;
  record: SessionRecord | null;
  stderr_tail?: string;
  [extra: string]: unknown;
}

export interface ReportParts {
  runtime: { name: string; driver: string };
  action: string;
  session: string;
  dispatchId: string | null;
  startedMs: number;
  failure?: Failure;
  /** Exit code of a usage error. */
  isUsageError?: boolean;
  /** The signal that pandacode got. */
  signal?: NodeJS.Signals;
  structured?: { value: unknown };
  rejected?: { value: unknown };
  warnings: string[];
  notes: string[];
  model?: string | null;
  effort?: string | null;
  permission?: string | null;
  turn?: TurnResult;
  usage?: Usage | null;
  rawUsage?: Record<string, unknown> | null;
  cost?: Cost;
  changedFiles?: string[];
  record?: SessionRecord;
}

const signalExit: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The exit code of an outcome: 0 only when it is ok. */
export function exitCodeOf(outcome: {
  failure?: { category: Category } | undefined;
  isUsageError?: boolean | undefined;
  signal?: NodeJS.Signals | undefined;
}): number {
  if (outcome.signal) return signalExit[outcome.signal] ?? 1;
  if (!outcome.failure) return 0;
  if (outcome.isUsageError) return 2;
  return outcome.failure.category === 'pandacode_needs_input' ? 3 : 1;
}

/** Builds the report: the only place where its literal is made. */
export function buildReport(parts: ReportParts): Report {
  const { runtime, turn, record } = parts;
  const failure = parts.failure && withNames(parts.failure, runtime.name, parts.session);
  const state: RunState = failure ? categories[failure.category].state : 'completed';
  const ok = failure === undefined;
  const message = turn?.finalText || (!ok ? '' : parts.structured ? JSON.stringify(parts.structured.value) : '(the agent ended without a message)');
  const model = turn?.model ?? parts.model ?? null;
  const ended = Date.now();
  const errors = failure ? [failure.message] : [];
  const rawUsage = parts.rawUsage ?? (parts.usage ? { total_tokens: parts.usage.total } : null);
  return {
    ok,
    state,
    runtime: runtime.name,
    action: parts.action,
    session: parts.session,
    driver: runtime.driver,
    dispatch_id: parts.dispatchId,
    exit_code: exitCodeOf(parts),
    pid: process.pid,
    started_ms: parts.startedMs,
    ended_ms: ended,
    model,
    effort: parts.effort ?? null,
    permission: parts.permission ?? null,
    last_agent_message: message,
    ...(parts.structured ? { structured_output: parts.structured.value } : {}),
    ...(parts.rejected ? { rejected_output: parts.rejected.value } : {}),
    pending_user_input: record?.pending_user_input ?? null,
    ...(failure ? { error: failure } : {}),
    warnings: parts.warnings,
    notes: parts.notes,
    usage: parts.usage ?? null,
    cost: parts.cost ?? unknownCost,
    changed_files: parts.changedFiles ?? [],
    summary: {
      ok,
      status: state,
      ...(runtime.name === 'claude' ? { output_tail: message.slice(-4000) } : {}),
      run_id: record?.run_id ?? null,
      thread_id: turn?.threadId ?? record?.thread_id ?? null,
      thread_path: record?.thread_path ?? null,
      last_agent_message: message,
      model,
      effort: parts.effort ?? null,
      ...turn?.summary,
      ...(runtime.name === 'bamboo'
        ? { status: ok ? 'success' : state, summary: message, pending_user_input: record?.pending_user_input ?? null, changed_files: parts.changedFiles ?? [] }
        : {}),
      usage: rawUsage,
      errors,
      warnings: parts.warnings,
    },
    ...(runtime.name === 'claude'
      ? {
          wait: {
            ok,
            status: state,
            completion_source: 'result_event',
            elapsed_ms: ended - parts.startedMs,
            last_agent_message: message,
            ...(failure ? { error: failure.message } : {}),
          },
        }
      : {}),
    ...turn?.extra,
    artifacts: record?.artifacts ?? {},
    record: record ?? null,
    ...(turn?.stderrTail && failure ? { stderr_tail: turn.stderrTail } : {}),
  };
}

// The table of categories knows neither runtime nor session.
function withNames(failure: Failure, runtime: string, session: string): Failure {
  const { next_action: next } = failure;
  return next === undefined ? failure : { ...failure, next_action: next.replaceAll('{runtime}', runtime).replaceAll('{session}', session) };
}
