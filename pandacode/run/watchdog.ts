import { failure, type Failure } from '../errors/failure.ts';

export interface WatchdogLimits {
  /** Time from process start to the end of everything, in milliseconds; null = none. */
  overallMs: number | null;
  /** Silence of the agent, in milliseconds; 0 = off. */
  idleMs: number;
  /** Time to the first event of a child, in milliseconds. */
  firstEventMs: number;
}

/** What the watchdog knows of the agent at a moment. Times are epoch milliseconds. */
export interface WatchdogState {
  startedMs: number;
  lastEventMs: number;
  openTools: number;
  /** Start of the child that has not said anything yet; undefined when it has, or when none runs. */
  waitingForFirstSince: number | undefined;
}

/** While a tool runs, silence is normal: a build or a test suite prints nothing for a long time. */
const openToolFactor = 4;

/** Milliseconds between two looks at the clock, at most. */
const lookEveryMs = 5000;
/** A longer time between two of them is one in which nothing ran, as on a machine that slept, or by which the clock was set: no limit counts it. */
const stoodStillMs = 10_000;

/** The limit that is over, or undefined. A pure function of limits, state and time. */
export function overdue(limits: WatchdogLimits, state: WatchdogState, nowMs: number): 'overall' | 'idle' | 'first' | undefined {
  if (limits.overallMs !== null && nowMs - state.startedMs >= limits.overallMs) return 'overall';
  if (state.waitingForFirstSince !== undefined && nowMs - state.waitingForFirstSince >= limits.firstEventMs) return 'first';
  const idleMs = limits.idleMs * (state.openTools > 0 ? openToolFactor : 1);
  return idleMs > 0 && nowMs - state.lastEventMs >= idleMs ? 'idle' : undefined;
}

/** Milliseconds until a limit can be over at the earliest; null = never. */
export function nextCheck(limits: WatchdogLimits, state: WatchdogState, nowMs: number): number | null {
  const idleMs = limits.idleMs * (state.openTools > 0 ? openToolFactor : 1);
  const times = [
    limits.overallMs === null ? undefined : state.startedMs + limits.overallMs,
    state.waitingForFirstSince === undefined ? undefined : state.waitingForFirstSince + limits.firstEventMs,
    idleMs > 0 ? state.lastEventMs + idleMs : undefined,
  ].filter((time) => time !== undefined);
  return times.length === 0 ? null : Math.max(0, Math.min(...times) - nowMs);
}

/** Watches a run by timer and reports the first limit that is over. */
export class Watchdog {
  readonly state: WatchdogState;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private lookedMs = Date.now();
  private readonly limits: WatchdogLimits;
  private readonly firstEventCategory: 'network' | 'internal';
  private readonly onFire: (reason: Failure) => void;

  constructor(limits: WatchdogLimits, startedMs: number, firstEventCategory: 'network' | 'internal', onFire: (reason: Failure) => void) {
    this.limits = limits;
    this.firstEventCategory = firstEventCategory;
    this.onFire = onFire;
    this.state = { startedMs, lastEventMs: Date.now(), openTools: 0, waitingForFirstSince: undefined };
    this.schedule();
  }

  /** A child was started. */
  childStarted(): void {
    this.state.openTools = 0;
    this.state.lastEventMs = this.state.waitingForFirstSince = this.look();
    this.schedule();
  }

  /** The child is gone: nothing is awaited from it any more. */
  childEnded(): void {
    this.state.openTools = 0;
    this.touch();
    this.schedule();
  }

  /** The agent said something. */
  touch(): void {
    this.state.lastEventMs = this.look();
    this.state.waitingForFirstSince = undefined;
  }

  /** A tool call began (+1) or ended (-1). */
  tool(change: 1 | -1): void {
    this.state.openTools = Math.max(0, this.state.openTools + change);
    this.touch();
    // With the last tool the limit becomes shorter, and the timer may be set for the longer one.
    if (this.state.openTools === 0) this.schedule();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    const wait = nextCheck(this.limits, this.state, this.look());
    if (wait !== null) this.timer = setTimeout(() => this.check(), Math.min(wait + 1, lookEveryMs));
  }

  // The time now, with what is known of earlier times moved over one in which nothing ran.
  private look(): number {
    const nowMs = Date.now();
    const passed = nowMs - this.lookedMs;
    this.lookedMs = nowMs;
    if (passed > stoodStillMs || passed < 0) {
      this.state.startedMs += passed;
      this.state.lastEventMs += passed;
      if (this.state.waitingForFirstSince !== undefined) this.state.waitingForFirstSince += passed;
    }
    return nowMs;
  }

  private check(): void {
    const over = overdue(this.limits, this.state, this.look());
    if (over) this.onFire(this.describe(over));
    else this.schedule();
  }

  private describe(over: 'overall' | 'idle' | 'first'): Failure {
    if (over === 'overall') return failure('pandacode_timeout', `the time limit of ${this.limits.overallMs} ms is over`);
    if (over === 'idle')
      return failure('pandacode_timeout', `the agent said nothing for ${Date.now() - this.state.lastEventMs} ms (idle limit ${this.limits.idleMs} ms)`);
    return failure(this.firstEventCategory, `the agent said nothing within ${this.limits.firstEventMs} ms of its start`, { retryable: true });
  }
}
