import type { ErrorSlug } from './table.ts';

/** What a person or a program can do about an error, and what it was about. */
export interface OdwErrorDetails {
  /** Machine-readable facts: paths, names, numbers. JSON values only. */
  fields?: Record<string, unknown>;
  /** One imperative sentence: what to do next. Overrides the table's. */
  next?: string;
  cause?: unknown;
  /** Process exit code when the command line ends with this error: 1 runtime failure, 2 usage. */
  exitCode?: number;
}

/**
 * The one error class that odw raises on purpose.
 *
 * `slug` names a row of the closed error table (`src/errors/table.ts`). Test with
 * {@link isOdwError}, never `instanceof`: classes do not survive the workflow sandbox.
 */
export class OdwError extends Error {
  readonly odw = true;
  readonly slug: ErrorSlug;
  readonly fields: Record<string, unknown>;
  readonly next: string | undefined;
  readonly exitCode: number;

  constructor(slug: ErrorSlug, message: string, details: OdwErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'OdwError';
    this.slug = slug;
    this.fields = details.fields ?? {};
    this.next = details.next;
    this.exitCode = details.exitCode ?? 1;
  }
}

/** True for an {@link OdwError} of any realm or bundle. */
export function isOdwError(error: unknown): error is OdwError {
  return typeof error === 'object' && error !== null && (error as { odw?: unknown }).odw === true && typeof (error as { slug?: unknown }).slug === 'string';
}
