import { cutCodePoints } from '../text.ts';
import type { Json } from '../../schemas/json.ts';
import { asObject, at, dropEmpty, firstText, type JsonObject } from './json-object.ts';

/** What is known about a failed executor beside its report. */
export interface FailedExecution {
  report: JsonObject | undefined;
  exitCode: number;
  /** Name of the signal that ended it, when one did. */
  signal?: string | undefined;
  stdout: string;
  stderr: string;
}

const LIMIT = 1000;

/**
 * The error of a failed report (PARSE-05): its own category is kept; a failure without an error gets one made from what is there.
 * Every text is cut to 1000 characters.
 */
export function reportError(failed: FailedExecution): JsonObject {
  const { report } = failed;
  const state = at(report, 'state') ?? at(report, 'summary', 'status');
  const own = at(report, 'error');
  const feedback = at(report, 'feedback');
  const retryable = [at(own, 'retryable'), at(feedback, 'retryable')].find((value) => typeof value === 'boolean');
  const issues = at(own, 'issues');
  const retryAfter = at(own, 'retry_after_ms');
  return dropEmpty({
    category: category(at(own, 'category'), state),
    message: cutCodePoints(firstText(at(own, 'message'), own) ?? syntheticMessage(failed), LIMIT),
    retryable: retryable ?? state !== 'failed',
    next_action: cut(firstText(at(own, 'next_action'), at(feedback, 'next_action'))),
    retry_prompt: cut(firstText(at(own, 'retry_prompt'), at(feedback, 'retry_prompt'))),
    retry_after_ms: typeof retryAfter === 'number' ? retryAfter : undefined,
    reset_at: firstText(at(own, 'reset_at')),
    missing_env: at(own, 'missing_env') === true ? true : undefined,
    issues: Array.isArray(issues) ? issues.filter((issue) => typeof issue === 'string') : undefined,
  });
}

function category(own: Json | undefined, state: Json | undefined): string {
  if (typeof own === 'string' && own.trim()) return cutCodePoints(own, LIMIT);
  if (state === 'timeout') return 'pandacode_timeout';
  if (state === 'waiting_for_user') return 'pandacode_needs_input';
  return 'pandacode_failed';
}

function syntheticMessage({ report, exitCode, signal, stdout, stderr }: FailedExecution): string {
  const ended = signal ? `the executor was ended by ${signal}` : `the executor exited with code ${exitCode}`;
  const told = firstText(
    at(report, 'wait', 'error'),
    at(report, 'summary', 'error'),
    at(report, 'summary', 'summary'),
    joined(at(report, 'summary', 'errors')),
  );
  if (report && at(report, 'ok') !== false) return `${ended} although its report does not say that it failed${told ? `: ${told}` : ''}`;
  if (told) return told;
  const tail = firstText(stderr, report ? '' : stdout)?.trim();
  return tail ? `${ended}: ${cutCodePoints(tailOf(tail, LIMIT - 100), LIMIT - 100)}` : `${ended} and said nothing`;
}

function joined(value: Json | undefined): string {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : '';
  return value.map((one) => (typeof one === 'string' ? one : (firstText(at(asObject(one), 'message')) ?? JSON.stringify(one)))).join('; ');
}

function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cutCodePoints(text, LIMIT);
}

/** The last `max` UTF-16 units of a text, never beginning inside a character. */
export function tailOf(text: string, max: number): string {
  if (text.length <= max) return text;
  const start = text.length - max;
  const unit = text.charCodeAt(start);
  return text.slice(unit >= 0xdc00 && unit <= 0xdfff ? start + 1 : start);
}
