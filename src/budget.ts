/** Token budget of a run (BUD-01 to BUD-05). Plain numbers, no clock. */
export class Budget {
  spent = 0;
  approx = false;

  /** @param total most tokens that may be spent; null = no limit. It may be changed while the run goes on. */
  constructor(public total: number | null) {}

  /** Adds one attempt's tokens; null = unknown, which makes the sum a lower bound. */
  add(tokens: number | null): void {
    if (tokens === null) this.approx = true;
    else this.spent += tokens;
  }

  /** Adds one attempt's output tokens (DIAL-24). Without a split all its tokens count, and the sum is not exact. */
  addOutput(output: number | null, total: number | null): void {
    if (output === null) this.approx = true;
    this.spent += output ?? total ?? 0;
  }

  get exhausted(): boolean {
    return this.total !== null && this.spent >= this.total;
  }

  remaining(): number {
    return this.total === null ? Infinity : Math.max(0, this.total - this.spent);
  }

  toState(): { total: number | null; spent: number; approx?: boolean } {
    return { total: this.total, spent: this.spent, ...(this.approx ? { approx: true } : {}) };
  }
}
