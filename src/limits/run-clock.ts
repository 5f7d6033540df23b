/** How long a run has been going, in seconds. */
export interface RunTime {
  /** Since it began, over restarts, and in the runs that it resumed. */
  total: number;
  /** The part of it in which it was paused or parked. */
  held: number;
}

/** Counts the time of a run (LIMIT-04). Plain state: the times are handed in, in milliseconds. */
export class RunClock {
  private heldMs = 0;
  private heldSince: number | undefined;

  /** @param before what the resumed runs took */
  constructor(
    private readonly startedMs: number,
    private readonly before: RunTime = { total: 0, held: 0 },
  ) {}

  /** The run is held by a pause or a park, or goes on. */
  hold(held: boolean, nowMs: number): void {
    if (held) this.heldSince ??= nowMs;
    else {
      this.heldMs += nowMs - (this.heldSince ?? nowMs);
      this.heldSince = undefined;
    }
  }

  read(nowMs: number): RunTime {
    const heldMs = this.heldMs + nowMs - (this.heldSince ?? nowMs);
    return { total: this.before.total + (nowMs - this.startedMs) / 1000, held: this.before.held + heldMs / 1000 };
  }
}
