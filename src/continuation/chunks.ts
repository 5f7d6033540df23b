import type { Batch } from '../../schemas/continuation.ts';

const chunkChars = 512 * 1024;

/**
 * Splits what a run took in into parts, each of which travels as a value of its own and, when large, as a blob. A part is closed
 * once it has reached its size, so a longer list begins with the same parts: they are stored once, however often a run goes on.
 */
export function chunksOf(batches: readonly Batch[]): Batch[][] {
  const chunks: Batch[][] = [];
  let current: Batch[] = [];
  let chars = 0;
  for (const batch of batches) {
    current.push(batch);
    chars += JSON.stringify(batch).length;
    if (chars < chunkChars) continue;
    chunks.push(current);
    current = [];
    chars = 0;
  }
  return current.length > 0 ? [...chunks, current] : chunks;
}
