/** A repeatable source of chance (mulberry32): the same seed gives the same cases. */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed;
  }

  /** A number in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Up to `most` things. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

/** The seed of this session: `ODW_FUZZ_SEED`, to repeat a failure or to look elsewhere, else a fixed one. */
export const sessionSeed = Number(process.env['ODW_FUZZ_SEED'] ?? 20261121);

/**
 * Runs many cases, each with a seed of its own. A failure names that seed; `ODW_FUZZ_SEED=<seed>` makes it the first case.
 *
 * @returns how many cases ran: fewer than asked for when the time was over
 */
export async function fuzz(cases: number, limitMs: number, one: (random: Random) => void | Promise<void>): Promise<number> {
  const end = performance.now() + limitMs;
  for (let i = 0; i < cases; i++) {
    if (performance.now() > end) return i;
    const random = new Random(sessionSeed + i);
    try {
      await one(random);
    } catch (error) {
      throw new Error(`case ${i} failed; repeat it with ODW_FUZZ_SEED=${random.seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  return cases;
}
