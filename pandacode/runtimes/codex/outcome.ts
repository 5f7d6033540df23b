import { categoryOfText, retryAfterOfText } from '../../errors/classify.ts';
import { failure, type Failure } from '../../errors/failure.ts';

export interface CodexEnd {
  terminal: 'completed' | 'failed' | undefined;
  failedMessage: string;
  /** Texts of `error` events, oldest first. */
  errors: string[];
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stderrTail: string;
}

/** Why a call failed, or undefined. Only a `turn.completed` event with exit code 0 is a success. */
export function codexFailure(end: CodexEnd): Failure | undefined {
  const { terminal, failedMessage, errors, exitCode, signal } = end;
  if (terminal === 'completed' && exitCode === 0) return undefined;
  if (terminal === 'failed') {
    const message = failedMessage || errors.at(-1) || 'codex reported a failed turn without a message';
    // A status below 500 that the CLI does not retry is reported by its body alone: the request was wrong.
    return named(categoryOfText(message) ?? 'invalid_request', message);
  }
  if (signal !== null || (exitCode ?? 0) > 128) {
    return failure('internal', `codex was ended by a signal that was not ours (${signal ?? exitCode})`, { retryable: true });
  }
  const text = meaningful(end.stderrTail);
  if (exitCode === 2) return failure('invalid_request', text || 'codex refused its arguments');
  if (exitCode !== 0 && text) return named(categoryOfText(text) ?? 'invalid_request', text);
  return failure('internal', `codex ended without the end of its turn, exit code ${exitCode}`);
}

function named(category: Failure['category'], message: string): Failure {
  const wait = retryAfterOfText(message);
  return failure(category, message, wait === undefined ? {} : { retry_after_ms: wait });
}

// Two lines of stderr are printed on every start and say nothing about a failure.
function meaningful(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.trim() && !/could not create PATH aliases|^Reading prompt from stdin/.test(line))
    .slice(-6)
    .join('\n')
    .trim();
}
