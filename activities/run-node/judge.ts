import type { Json } from '../../schemas/json.ts';
import type { NodeFailure, NodeOutcome } from '../../schemas/node.ts';
import { finalText, isExecutorReport, withoutMarkers } from '../../src/executor-report/final-text.ts';
import { at, firstText, type JsonObject } from '../../src/executor-report/json-object.ts';
import { needsInput, question } from '../../src/executor-report/needs-input.ts';
import type { ErrorFeedback } from '../../src/schema/error-feedback.ts';
import type { CompiledSchema } from '../../src/schema/compile.ts';
import { findStructured } from '../../src/schema/find.ts';

/** What is judged: a report, and what else shows whether the node did something. */
export interface Reply {
  /** From exit code and report alone; never from data (SCH-12). */
  ok: boolean;
  /** Normalised report, or the mock's plain object. */
  report: JsonObject;
  /** Where a schema's value is looked for. Default `report`. */
  raw?: JsonObject;
  /** Whole text of an executor that printed no report. */
  plainText?: string | undefined;
  /** Whether the worktree was changed. */
  changed: boolean;
  /** The compiled schema of the node; undefined for a node without one. */
  schema: CompiledSchema | undefined;
}

type Verdict = Pick<NodeOutcome, 'status' | 'value' | 'isText' | 'failure'>;

/** Decides what a reply is: a value, a failure, or a reply that does not match the node's schema. Pure. */
export function judge(reply: Reply): Verdict {
  const { report, raw = report } = reply;
  const text = reply.plainText === undefined ? finalText(report) : withoutMarkers(reply.plainText);
  if (needsInput(raw)) return failed(text, waiting(raw));
  if (!reply.ok) return judgeFailure(report, text, reply.schema !== undefined);
  if (reply.schema) return judgeStructured(reply.schema, raw, text);
  if (!isExecutorReport(report)) return { status: 'ok', value: report, isText: false };
  if (text === '' && !reply.changed && !namesChanges(raw)) return failed('', emptyResult());
  return { status: 'ok', value: text, isText: true };
}

function judgeFailure(report: JsonObject, text: string, hasSchema: boolean): Verdict {
  const failure = failureOf(report);
  // The executor validates in its own session too (EXEC-18): its mismatch is handled like ours.
  if (!hasSchema || failure.category !== 'schema_mismatch') return failed(text, failure);
  return { status: 'mismatch', value: at(report, 'rejected_output') ?? text, isText: false, failure: { ...failure, issues: failure.issues ?? [] } };
}

function judgeStructured(compiled: CompiledSchema, raw: JsonObject, text: string): Verdict {
  if (!compiled.ok) return failed(text, { category: 'schema_load_error', message: compiled.message, retryable: false });
  const structured = findStructured(raw, compiled.validate);
  if (structured.feedback) return failed(structured.feedback as unknown as Json, declared(structured.feedback));
  if (structured.found) return { status: 'ok', value: structured.value, isText: false };
  const message = `the reply does not match the schema: ${structured.issues[0] ?? 'no JSON value was found'}${structured.candidate === undefined ? withoutJson(text) : ''}`;
  return {
    status: 'mismatch',
    value: structured.candidate ?? text,
    isText: false,
    failure: { category: 'schema_mismatch', message, retryable: true, issues: structured.issues },
  };
}

// An issue such as "$.a is required" alone would read as if an object had come.
function withoutJson(text: string): string {
  if (text === '') return '; it is empty';
  return `; it holds no JSON value that could be one: ${JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text)}`;
}

function failed(value: Json, failure: NodeFailure): Verdict {
  return { status: 'failed', value, isText: false, failure };
}

function failureOf(report: JsonObject): NodeFailure {
  const error = at(report, 'error');
  const issues = at(error, 'issues');
  const retryAfter = at(error, 'retry_after_ms');
  const resetAt = firstText(at(error, 'reset_at'));
  const nextAction = firstText(at(error, 'next_action'));
  const retryPrompt = firstText(at(error, 'retry_prompt'));
  return {
    category: firstText(at(error, 'category')) ?? 'pandacode_failed',
    message: firstText(at(error, 'message'), error) ?? 'the executor failed without a message',
    retryable: at(error, 'retryable') === true,
    ...(Array.isArray(issues) ? { issues: issues.filter((issue) => typeof issue === 'string') } : {}),
    ...(nextAction ? { next_action: nextAction } : {}),
    ...(retryPrompt ? { retry_prompt: retryPrompt } : {}),
    ...(typeof retryAfter === 'number' ? { retry_after_ms: retryAfter } : {}),
    ...(resetAt ? { reset_at: resetAt } : {}),
  };
}

// SCH-13: the agent itself declared the failure.
function declared({ error, feedback }: ErrorFeedback): NodeFailure {
  return {
    category: error.category,
    message: error.message,
    retryable: feedback.retryable,
    next_action: feedback.next_action,
    ...(feedback.retry_prompt ? { retry_prompt: feedback.retry_prompt } : {}),
  };
}

function waiting(raw: JsonObject): NodeFailure {
  const own = firstText(at(raw, 'error', 'category'));
  return {
    category: own?.includes('needs_input') ? own : 'pandacode_needs_input',
    message: `the executor waits for an answer: ${question(raw) ?? 'its report does not say to what'}`,
    retryable: false,
    next_action: 'Say in the prompt what to do in this case, or allow automatic answers.',
  };
}

// RUN-05: nothing said and nothing done is not success.
function emptyResult(): NodeFailure {
  return {
    category: 'empty_result',
    message: 'the executor ended without an error, but with no final text and no changed file',
    retryable: true,
    next_action: 'Look into the raw report and the executor log; ask for a final text in the prompt.',
  };
}

function namesChanges(raw: JsonObject): boolean {
  return [at(raw, 'changed_files'), at(raw, 'summary', 'changed_files')].some((files) => Array.isArray(files) && files.length > 0);
}
