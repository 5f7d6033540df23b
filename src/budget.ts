/** Token budget of a run (BUD-01 to BUD-05). Plain numbers, no clock. */
export class Budget {
  spent = 0;
  approx = false;
  private reserved = 0;
  private counted = 0;
  private attempts = 0;

  /** @param total most tokens that may be spent; null = no limit. It may be changed while the run goes on. */
  constructor(public total: number | null) {}

  /** Adds one attempt's tokens; null = unknown, which makes the sum a lower bound. */
  add(tokens: number | null): void {
    if (tokens === null) this.approx = true;
    else this.count(tokens);
  }

  /** Adds one attempt's output tokens (DIAL-24). Without a split all its tokens count, and the sum is not exact. */
  addOutput(output: number | null, total: number | null): void {
    if (output === null) this.approx = true;
    const tokens = output ?? total;
    if (tokens !== null) this.count(tokens);
  }

  private count(tokens: number): void {
    this.spent += tokens;
    this.counted += tokens;
    this.attempts++;
  }

  /** What an attempt is reckoned to take (BUD-07): what its author says, else the mean of the finished attempts, else 0. */
  estimate(said: number | undefined): number {
    return said ?? (this.attempts === 0 ? 0 : this.counted / this.attempts);
  }

  /** Sets tokens aside for an attempt that starts; `release` of the same number gives them back. */
  reserve(tokens: number): void {
    this.reserved += tokens;
  }

  release(tokens: number): void {
    this.reserved -= tokens;
  }

  /** Whether what was spent and what is set aside reach the total: whoever would start now would go beyond. */
  get taken(): boolean {
    return this.total !== null && this.spent + this.reserved >= this.total;
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
