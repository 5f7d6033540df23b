import type { ProviderClass } from './failure-class.ts';
import { jitterMs } from './jitter.ts';

/** A failure that says that a provider serves nothing for now. */
export interface Hit {
  class: ProviderClass;
  /** Epoch milliseconds at which the provider serves again, as it reported. */
  untilMs?: number | undefined;
  /** What the provider said. */
  message: string;
}

/** Why and until when nothing is sent to a provider (QUOTA-02, QUOTA-04). */
export interface Breaker extends Hit {
  /** Epoch milliseconds of the first failure. */
  openedMs: number;
  /** Absent: only a person can tell (auth). */
  untilMs?: number | undefined;
  /** Whether the time was reported, or is a guess. Absent without a time. */
  source?: 'reported' | 'estimated';
  /** How often a trial failed since it opened. */
  failedTrials: number;
}

const minute = 60_000;
const quotaTrialsMs = [5 * minute, 10 * minute, 20 * minute, 40 * minute, 60 * minute];
// The told reset came while nobody looked, or was cut to its minute. Who told one that is long over waits soon as if none were told.
const overTrialsMs = [10_000, minute, ...quotaTrialsMs];
const rateTrialsMs = [2000, 4000, 8000, 16_000, 32_000, minute, 2 * minute, 5 * minute];
const weight: Record<ProviderClass, number> = { rate: 1, quota: 2, auth: 3 };

/** The breaker after the first failure, with nothing open before. `seed` spreads the wake-ups of different runs. */
export function openBreaker(hit: Hit, nowMs: number, seed: string): Breaker {
  return { ...hit, openedMs: nowMs, failedTrials: 0, ...waitFor(hit, 0, nowMs, seed) };
}

/** The breaker after its trial failed too. The next wait is longer where the time is a guess. */
export function trialFailed(before: Breaker, hit: Hit, nowMs: number, seed: string): Breaker {
  const failedTrials = hit.class === before.class ? before.failedTrials + 1 : 0;
  return { ...hit, openedMs: before.openedMs, failedTrials, ...waitFor(hit, failedTrials, nowMs, seed) };
}

/**
 * The breaker after another node failed that was under way when it opened. Such a failure tells nothing new, unless it is a graver one, or
 * knows the time, or a later time.
 */
export function joinBreaker(before: Breaker, hit: Hit, nowMs: number, seed: string): Breaker {
  if (weight[hit.class] < weight[before.class]) return before;
  if (weight[hit.class] === weight[before.class]) {
    if (hit.untilMs === undefined || hit.untilMs <= nowMs) return before;
    if (before.source === 'reported' && hit.untilMs <= (before.untilMs ?? 0)) return before;
  }
  return { ...hit, openedMs: before.openedMs, failedTrials: before.failedTrials, ...waitFor(hit, before.failedTrials, nowMs, seed) };
}

/** How long a trial may take to show that the provider serves again, in milliseconds: a refusal comes at the start, an answer may take hours. */
export function trialGraceMs(kind: ProviderClass): number {
  return kind === 'rate' ? 2000 : 15_000;
}

function waitFor(hit: Hit, trial: number, nowMs: number, seed: string): Pick<Breaker, 'untilMs' | 'source'> {
  if (hit.class === 'auth') return { untilMs: undefined };
  const isOver = hit.untilMs !== undefined && hit.untilMs <= nowMs;
  const reported = hit.untilMs === undefined || isOver ? undefined : hit.untilMs - nowMs;
  const steps = hit.class === 'rate' ? rateTrialsMs : isOver ? overTrialsMs : quotaTrialsMs;
  const wait = reported ?? steps[Math.min(trial, steps.length - 1)]!;
  return { untilMs: nowMs + wait + jitterMs(wait, `${seed} ${trial}`), source: reported === undefined ? 'estimated' : 'reported' };
}
