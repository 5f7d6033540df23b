import { Semaphore } from '../../src/semaphore.ts';
import type { Json } from '../../schemas/json.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { loadResults, type LoadedResults } from '../activities.ts';

export type HeldResult = { ok: true; value: Json } | { ok: false; message: string };

/** Results of earlier runs that are fetched from the blob store when a node takes them: the memory they need is that of what is asked for. */
export class HeldResults {
  private readonly blobs = new Map<string, Promise<LoadedResults>>();
  private readonly turns = new Semaphore(8);

  async read({ sha256, item }: NonNullable<ReusableNode['held']>): Promise<HeldResult> {
    const loaded = await this.load(sha256);
    if (!loaded.ok) return loaded;
    const value = loaded.values[item] ?? null;
    // Each result is taken once; what is not asked for stays small.
    loaded.values[item] = null;
    if (loaded.values.every((one) => one === null)) this.blobs.delete(sha256);
    return { ok: true, value };
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
