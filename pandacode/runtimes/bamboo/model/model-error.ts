import type { Category } from '../../../errors/categories.ts';
import { categoryOfAnswer, categoryOfText, isThrottled, retryAfterOfText } from '../../../errors/classify.ts';
import { failure, type Failure } from '../../../errors/failure.ts';
import { masked } from '../../../report/mask.ts';

/** A model call that failed. */
export class ModelError extends Error {
  override name = 'ModelError';
  readonly failure: Failure;
  readonly status: number | undefined;
  /** The same request may succeed in a moment. */
  readonly isTransient: boolean;
  /** The conversation is longer than the model takes. */
  readonly isOverflow: boolean;

  constructor(why: Failure, about: { status?: number | undefined; isTransient: boolean; isOverflow?: boolean }) {
    super(why.message);
    this.failure = why;
    this.status = about.status;
    this.isTransient = about.isTransient;
    this.isOverflow = about.isOverflow ?? false;
  }
}

export interface HttpError {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const transient = new Set([408, 409, 425, 429]);
const overflow =
  /context[_ ](?:length|window)|maximum context|prompt is too long|too many (?:input )?tokens|input (?:length|tokens).{0,40}exceed|exceeds? the (?:model's )?(?:context|token limit)/i;

/** The error of an HTTP answer: its status decides, its text explains. */
export function httpError({ status, headers, body }: HttpError, nowMs = Date.now()): ModelError {
  const text = errorText(body);
  const message = `HTTP ${status}: ${masked(text || 'without a message')}`;
  const isOverflow = (status === 400 || status === 413 || status === 422) && overflow.test(text);
  const wait = retryAfter(headers, nowMs) ?? retryAfterOfText(text);
  const why = failure(categoryFor(status, text, codesOf(body)), message, wait === undefined ? {} : { retry_after_ms: wait });
  return new ModelError(why, { status, isTransient: (transient.has(status) || status >= 500) && why.category !== 'quota', isOverflow });
}

/** The error of a connection that was refused or broke off, or of an answer that is none. */
export function connectionError(message: string): ModelError {
  return new ModelError(failure('network', masked(message)), { isTransient: true });
}

/** The error that a vendor put into its stream, whatever its form. */
export function streamError(value: unknown): ModelError {
  const body = typeof value === 'string' ? value : JSON.stringify(value ?? {});
  const text = typeof value === 'string' ? value : errorText(body);
  const told = value as { code?: unknown; status?: unknown; type?: unknown; error?: unknown } | null;
  const status = Number(told?.status ?? told?.code);
  if (status >= 400 && status < 600) return httpError({ status, headers: {}, body: told?.error ? body : JSON.stringify({ error: value }) });
  const category = categoryOfCodes(codesOf(body), text) ?? categoryOfText(text) ?? categoryOfType(told?.type) ?? 'overloaded';
  const isTransient = category === 'overloaded' || category === 'network' || category === 'rate_limit';
  return new ModelError(failure(category, masked(text)), { isTransient, isOverflow: overflow.test(text) });
}

const numbers: Record<number, Category> = {
  1002: 'rate_limit',
  1004: 'auth',
  1008: 'quota',
  1026: 'content_filter',
  1027: 'content_filter',
  1039: 'rate_limit',
  2013: 'invalid_request',
};

/** The error that MiniMax puts beside an empty answer, under status 200; undefined when there is none. */
export function answerError(value: unknown): ModelError | undefined {
  const told = (value as { base_resp?: { status_code?: unknown; status_msg?: unknown } } | null)?.base_resp;
  if (typeof told?.status_code !== 'number' || told.status_code === 0) return undefined;
  const text = `${String(told.status_msg)} (${told.status_code})`;
  const category = numbers[told.status_code] ?? categoryOfText(text) ?? 'overloaded';
  return new ModelError(failure(category, masked(text)), {
    isTransient: category === 'overloaded' || category === 'rate_limit',
    isOverflow: overflow.test(text),
  });
}

/** The text of an error body: a vendor's message wherever it puts it, else the start of the body. */
export function errorText(body: string): string {
  let value: { error?: unknown; message?: unknown };
  try {
    value = JSON.parse(body) as typeof value;
  } catch {
    return body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 500);
  }
  if (typeof value !== 'object' || value === null) return body.slice(0, 500);
  const { error, message } = value;
  if (typeof error === 'string') return error;
  const inner = (error ?? {}) as { message?: unknown; param?: unknown };
  const parts = [inner.message, inner.param, message].filter((part): part is string => typeof part === 'string' && part.trim() !== '');
  return [...new Set(parts.slice(0, 2))].join(' – ') || body.slice(0, 500);
}

// Names and numbers that vendors put beside the message: an empty account is 400, 403, 429 or even 500, by vendor.
const codes: Record<string, Category> = {
  '1113': 'quota',
  Arrearage: 'quota',
  'AllocationQuota.FreeTierOnly': 'quota',
  exceeded_current_quota_error: 'quota',
  insufficient_balance_error: 'quota',
  insufficient_quota: 'quota',
  engine_overloaded_error: 'overloaded',
  '1301': 'content_filter',
  content_filter: 'content_filter',
  data_inspection_failed: 'content_filter',
  DataInspectionFailed: 'content_filter',
};

// A status says little where vendors use it for several things; their codes, and then their texts, are more exact.
function categoryFor(status: number, text: string, given: string[]): Category {
  if (status === 429 && isThrottled(text, given)) return 'rate_limit';
  const told = categoryOfCodes(given, text);
  if (told === 'quota') return 'quota';
  const category = categoryOfAnswer(status, text, told) ?? 'invalid_request';
  return category === 'invalid_request' && (status === 408 || status === 409 || status === 425) ? 'overloaded' : category;
}

function categoryOfCodes(given: string[], text: string): Category | undefined {
  if (isThrottled(text, given)) return 'rate_limit';
  return given.map((code) => (Object.hasOwn(codes, code) ? codes[code] : undefined)).find(Boolean);
}

function codesOf(body: string): string[] {
  try {
    const value = JSON.parse(body) as { code?: unknown; type?: unknown; error?: { code?: unknown; type?: unknown } | null } | null;
    return [value?.error?.code, value?.error?.type, value?.code, value?.type].filter((one) => typeof one === 'string' || typeof one === 'number').map(String);
  } catch {
    return [];
  }
}

function categoryOfType(type: unknown): Category | undefined {
  if (typeof type !== 'string') return undefined;
  if (/rate_limit/.test(type)) return 'rate_limit';
  if (/authentication|permission/.test(type)) return 'auth';
  if (/invalid_request/.test(type)) return 'invalid_request';
  return undefined;
}

/** The wait that the headers ask for, in milliseconds: seconds, a date, milliseconds, or a reset time. */
export function retryAfter(headers: Record<string, string>, nowMs: number): number | undefined {
  const exact = Number(headers['retry-after-ms']);
  if (headers['retry-after-ms'] && exact >= 0) return Math.round(exact);
  const given = headers['retry-after']?.trim();
  if (given && /^\d+(?:\.\d+)?$/.test(given)) return Math.round(Number(given) * 1000);
  const date = given ? Date.parse(given) : NaN;
  if (!Number.isNaN(date)) return Math.max(0, date - nowMs);
  for (const name of ['x-ratelimit-reset-requests', 'x-ratelimit-reset-tokens', 'anthropic-ratelimit-requests-reset', 'x-ratelimit-reset']) {
    const wait = resetIn(headers[name], nowMs);
    if (wait !== undefined) return wait;
  }
  return undefined;
}

// `1m30s`, `250ms`, a date, or epoch seconds.
function resetIn(text: string | undefined, nowMs: number): number | undefined {
  if (!text) return undefined;
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  if (/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text))
    return Math.round([...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0));
  if (/^\d{10}$/.test(text)) return Math.max(0, Number(text) * 1000 - nowMs);
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
