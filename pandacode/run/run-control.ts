import type { Failure } from '../errors/failure.ts';

/** Why a run is being ended from outside the agent. */
export interface StopReason {
  failure: Failure;
  /** Set when pandacode itself got this signal. */
  signal?: NodeJS.Signals;
  /** Milliseconds between SIGTERM and SIGKILL. */
  graceMs: number;
}

/** The one place where a run is asked to end. The first reason wins; later ones only shorten the grace. */
export class RunControl {
  private readonly abort = new AbortController();
  private readonly hurry = new AbortController();
  reason: StopReason | undefined;

  /** Aborted when the run has to end. */
  get stopped(): AbortSignal {
    return this.abort.signal;
  }

  /** Aborted when the run has to end without any further grace. */
  get hurried(): AbortSignal {
    return this.hurry.signal;
  }

  stop(failure: Failure, options: { signal?: NodeJS.Signals; graceMs?: number } = {}): void {
    if (this.reason) return;
    this.reason = { failure, graceMs: options.graceMs ?? 5000, ...(options.signal ? { signal: options.signal } : {}) };
    this.abort.abort();
  }

  endNow(): void {
    this.hurry.abort();
  }
}
