import { isOdwError } from '../../src/errors/error.ts';
import { errorTable } from '../../src/errors/table.ts';
import { resetTimeOfText } from '../../src/policy/reset-time.ts';
import { categories, type Category } from './categories.ts';

/** The `error` object of a report. Field names are those that odw reads. */
export interface Failure {
  category: Category;
  /** Text for people, at most 1000 characters. */
  message: string;
  retryable: boolean;
  /** How long the provider asks to wait, in milliseconds. */
  retry_after_ms?: number;
  /** ISO time from which the provider serves again, as it reported. */
  reset_at?: string;
  next_action?: string;
  /** The credentials are missing in the environment of this process: only a caller with another environment can do better. */
  missing_env?: boolean;
  /** Schema problems, one line each, with JSON paths. */
  issues?: string[];
  /** Further lines of the CLI that belong to the error. */
  chain?: string[];
  /** Of a reply in the error-feedback shape. */
  feedback?: unknown;
}

const messageLimit = 1000;

/** Makes a failure with the verdicts of its category; `extra` overrides them. */
export function failure(category: Category, message: string, extra: Partial<Omit<Failure, 'category' | 'message'>> = {}): Failure {
  const row = categories[category];
  const text = message.trim() || `the run ended as ${category} without a message`;
  const reset = category === 'quota' || category === 'rate_limit' ? resetTimeOfText(text, Date.now()) : undefined;
  return {
    category,
    message: text.length > messageLimit ? `${text.slice(0, messageLimit - 1)}…` : text,
    retryable: row.retryable,
    next_action: row.next,
    ...(reset === undefined ? {} : { reset_at: new Date(reset).toISOString() }),
    ...(category === 'auth' && /missing (API key|environment variable)/i.test(text) ? { missing_env: true } : {}),
    ...extra,
  };
}

const categoryOfSlug: Partial<Record<string, Category>> = {
  'executor-usage': 'invalid_request',
  'executor-invalid-request': 'invalid_request',
  'executor-not-installed': 'not_installed',
  'executor-session-busy': 'session_busy',
};

/** The failure that an exception stands for; anything not raised on purpose is `internal`. */
export function failureOf(error: unknown): Failure {
  if (!isOdwError(error)) return failure('internal', error instanceof Error ? error.message : String(error));
  const category = categoryOfSlug[error.slug] ?? 'internal';
  return failure(category, error.message, { next_action: error.next ?? errorTable[error.slug].next });
}
