import { categoryOfAnswer, categoryOfText, retryAfterOfText } from '../../errors/classify.ts';
import { failure, type Failure } from '../../errors/failure.ts';
import type { ClaudeLine } from './wire.ts';

export interface ClaudeEnd {
  /** The last `result` event, if any. */
  result: ClaudeLine | undefined;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stderrTail: string;
  /** Whether anything at all came on stdout. */
  hasOutput: boolean;
  /** Whether the last line told that a request was under way. */
  isRequesting?: boolean;
  /** Delay of the last `api_retry` event in milliseconds. */
  lastRetryMs?: number;
  /** Epoch milliseconds at which a used-up plan serves again; only when the CLI said that it is used up. */
  resetMs?: number;
}

/** Why a call failed, or undefined when it reached its regular end. Structured fields decide before any text. */
export function claudeFailure(end: ClaudeEnd): Failure | undefined {
  const { result, exitCode, signal, stderrTail } = end;
  if (!result) return withoutResult(end);
  if (!result.is_error && result.subtype === 'success' && exitCode === 0) return undefined;
  const message =
    result.result || result.errors?.join('; ') || stderrTail || `claude ended with ${result.subtype ?? 'no subtype'}, exit code ${exitCode ?? signal}`;
  if (result.subtype === 'error_max_turns' || result.terminal_reason === 'max_turns') return failure('max_turns', message);
  if (result.subtype === 'error_max_budget_usd' || result.terminal_reason === 'budget_exhausted') return failure('budget', message);
  if (result.subtype === 'error_max_structured_output_retries') return failure('schema_mismatch', message);
  if (result.terminal_reason?.startsWith('aborted')) return failure('cancelled', 'the claude CLI was interrupted during its work');
  if (result.api_error === 'max_output_tokens') return failure('output_limit', message);
  if (result.stop_reason === 'refusal') return failure('content_filter', message);
  // The text is the agent's own answer here, and what an agent writes about says nothing about its provider.
  if (!result.is_error && exitCode !== 0) return byExit(end, `claude reported ${result.subtype ?? 'no subtype'} but exited with ${exitCode ?? signal}`);
  const status = result.api_error_status;
  const told = (typeof status === 'number' ? refined(status, message) : undefined) ?? categoryOfText(message);
  // A plan that is used up is refused with the status of a rate limit.
  const category = told === 'rate_limit' && end.resetMs !== undefined ? 'quota' : told;
  if (category) return failure(category, message, { ...retryAfter(end, message, category), ...reset(end, category) });
  if (result.terminal_reason === 'api_error') return failure('network', message);
  return failure('internal', message);
}

function withoutResult(end: ClaudeEnd): Failure {
  const { exitCode, signal, stderrTail } = end;
  if (exitCode === 0 && (!end.hasOutput || end.isRequesting))
    return failure('cancelled', 'claude ended without a result and without an error, as it does after an interrupt');
  const text = lastLines(stderrTail);
  if (exitCode !== null && exitCode > 0 && exitCode < 128 && text) return failure(categoryOfText(text) ?? 'invalid_request', text);
  return byExit(end, `claude ended without a result, exit code ${exitCode ?? signal}`);
}

function byExit(end: ClaudeEnd, message: string): Failure {
  const killed = end.signal !== null || (end.exitCode ?? 0) > 128;
  return failure('internal', killed ? `${message} (ended by a signal that was not ours)` : message, { retryable: killed });
}

// Some providers answer a wrong key as a wrong request.
function refined(status: number, message: string) {
  const category = categoryOfAnswer(status, message);
  return category === 'invalid_request' && categoryOfText(message) === 'auth' ? 'auth' : category;
}

function retryAfter(end: ClaudeEnd, message: string, category: string): { retry_after_ms?: number } {
  const ms = retryAfterOfText(message) ?? (category === 'rate_limit' || category === 'overloaded' ? end.lastRetryMs : undefined);
  return ms === undefined ? {} : { retry_after_ms: ms };
}

function reset({ resetMs }: ClaudeEnd, category: string): { reset_at?: string } {
  return category === 'quota' && resetMs !== undefined ? { reset_at: new Date(resetMs).toISOString() } : {};
}

function lastLines(stderr: string): string {
  return stderr.trim().split('\n').slice(-5).join('\n');
}
