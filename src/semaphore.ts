/** Counting semaphore with first-come order; the limit may change while permits are out. */
export class Semaphore {
  private held = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  /** How many permits there are. */
  get size(): number {
    return this.limit;
  }

  async acquire(): Promise<void> {
    if (this.held < this.limit) {
      this.held++;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
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
      next();
    }
  }
}
