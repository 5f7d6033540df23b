/** Counting semaphore with first-come order; the limit may change while permits are out. */
export class Semaphore {
  private held = 0;
  private readonly waiting: { who: unknown; wake: (granted: boolean) => void }[] = [];

  constructor(private limit: number) {}

  /** How many permits there are. */
  get size(): number {
    return this.limit;
  }

  /** @returns false when the wait was given up by {@link drop}: then nothing is held */
  async acquire(who?: unknown): Promise<boolean> {
    if (this.held < this.limit) {
      this.held++;
      return true;
    }
    return new Promise<boolean>((wake) => this.waiting.push({ who, wake }));
  }

  /** Ends the wait of somebody. False when that one does not wait here. */
  drop(who: unknown): boolean {
    const at = this.waiting.findIndex((one) => one.who === who);
    if (at < 0) return false;
    this.waiting.splice(at, 1)[0]!.wake(false);
    return true;
  }

  release(): void {
    this.held--;
    this.admit();
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.admit();
  }

  private admit(): void {
    while (this.held < this.limit) {
      const next = this.waiting.shift();
      if (!next) return;
      this.held++;
      next.wake(true);
    }
  }
}
