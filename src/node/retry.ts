/** How often and when one node tries again (RETRY-01 to RETRY-05). */
export interface RetryPolicy {
  maxAttempts: number;
  /** False on the mock backend, whatever the options say (RETRY-04). */
  waits: boolean;
  initialMs: number;
  factor: number;
  maxMs: number;
  jitter: boolean;
  /** Only these categories are retried; undefined = all retryable ones. */
  retryWhen: string[] | undefined;
  /** Warnings for values that were ignored. */
  warnings: string[];
}

interface RetryOptions {
  maxAttempts?: unknown;
  retry?: unknown;
}

/** Reads `retry` and `maxAttempts` of a node's options. Values that make no sense count as absent, with a warning. */
export function readRetryPolicy(options: RetryOptions, realBackend: boolean): RetryPolicy {
  const warnings: string[] = [];
  const retry = typeof options.retry === 'object' && options.retry !== null ? (options.retry as Record<string, unknown>) : {};
  const wanted = retry['maxAttempts'] ?? options.maxAttempts;
  const maxAttempts = Math.floor(Number(wanted));
  const attemptsOk = wanted === undefined || wanted === null || (Number.isFinite(maxAttempts) && maxAttempts >= 1);
  if (!attemptsOk) warnings.push(`maxAttempts must be a positive number, got ${text(wanted)}: one attempt is made`);
  const backoff = retry['backoff'];
  const policy: RetryPolicy = {
    maxAttempts: attemptsOk && wanted !== undefined && wanted !== null ? maxAttempts : 1,
    waits: realBackend,
    initialMs: 1000,
    factor: 2,
    maxMs: 30_000,
    jitter: true,
    retryWhen: undefined,
    warnings,
  };
  if (typeof backoff === 'number' && backoff >= 0) Object.assign(policy, { initialMs: backoff, factor: 1, jitter: false, maxMs: backoff });
  else if (typeof backoff === 'object' && backoff !== null) readBackoff(backoff as Record<string, unknown>, policy);
  else if (backoff !== undefined)
    warnings.push(`retry.backoff must be a number of milliseconds or {initialMs, factor, maxMs, jitter}, got ${text(backoff)}: ignored`);
  const when = retry['retryWhen'];
  if (Array.isArray(when)) policy.retryWhen = when.map(String);
  else if (when !== undefined) warnings.push(`retry.retryWhen must be a list of categories, got ${text(when)}: ignored`);
  return policy;
}

/** Milliseconds to wait before the given next attempt (2 = first retry); none on the mock backend. `random` is in [0, 1). */
export function backoffMs(policy: RetryPolicy, nextAttempt: number, random: number): number {
  if (!policy.waits) return 0;
  const full = Math.min(policy.maxMs, policy.initialMs * policy.factor ** (nextAttempt - 2));
  return Math.round(policy.jitter ? full * (0.5 + random / 2) : full);
}

function readBackoff(backoff: Record<string, unknown>, policy: RetryPolicy): void {
  for (const name of ['initialMs', 'factor', 'maxMs'] as const) {
    const value = backoff[name];
    if (value === undefined) continue;
    if (typeof value === 'number' && value >= 0) policy[name] = value;
    else policy.warnings.push(`retry.backoff.${name} must be a number that is not negative, got ${text(value)}: ignored`);
  }
  if (backoff['jitter'] !== undefined) policy.jitter = Boolean(backoff['jitter']);
}

function text(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
