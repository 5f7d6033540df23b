import { Semaphore } from '../../src/semaphore.ts';
import type { Json } from '../../schemas/json.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { loadResults, type LoadedResults } from '../activities.ts';

export type HeldResult = { ok: true; value: Json } | { ok: false; message: string };

/**
 * Results of earlier runs that are fetched from the blob store when a node takes them: the memory they need is that of what is asked for.
 * A blob is fetched once and stays as it came: nodes with equal results share one, and it is part of what the run took in, which it plays again
 * when it goes on in a new execution.
 */
export class HeldResults {
  private readonly blobs = new Map<string, Promise<LoadedResults>>();
  private readonly turns = new Semaphore(8);

  async read({ sha256, item }: NonNullable<ReusableNode['held']>): Promise<HeldResult> {
    const loaded = await this.load(sha256);
    return loaded.ok ? { ok: true, value: loaded.values[item] ?? null } : loaded;
  }

  private load(sha256: string): Promise<LoadedResults> {
    const loading = this.blobs.get(sha256) ?? this.fetch(sha256);
    this.blobs.set(sha256, loading);
    return loading;
  }

  private async fetch(sha256: string): Promise<LoadedResults> {
    await this.turns.acquire();
    try {
      return await loadResults({ sha256 });
    } finally {
      this.turns.release();
    }
  }
}
