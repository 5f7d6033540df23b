import type { Json } from '../../schemas/json.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { referToResults, storeResults } from '../../temporal/blobs/result-blobs.ts';
import type { Reuse } from './earlier.ts';

/** Characters of JSON that results may have together to travel in the input of the run. */
const inlineMost = 2 * 1024 * 1024;
/** A blob is filled with results up to here: one that cannot be read takes few nodes with it, and of large results one alone. */
const blobFill = 64 * 1024;

/**
 * Takes the results out of what a run takes over, when they are large, and leaves references to blobs: each is fetched when a node asks for
 * it. Reading them all into the run would take ten times their size in memory (DESIGN D3).
 */
export async function packReuse(runId: string, reuse: Reuse): Promise<Reuse> {
  const nodes: Record<string, ReusableNode> = { ...reuse.nodes };
  const older = reuse.older && [...reuse.older];
  const held = [...Object.values(nodes), ...(older ?? [])].flatMap((node) => (node.held ? [node.held.sha256] : []));
  if (held.length > 0) await referToResults(runId, [...new Set(held)]);
  const places: [node: ReusableNode, replace: (node: ReusableNode) => void][] = [
    ...Object.entries(nodes).map(([key, node]): (typeof places)[number] => [node, (one) => (nodes[key] = one)]),
    ...(older ?? []).map((node, n): (typeof places)[number] => [node, (one) => (older![n] = { key: node.key, ...one })]),
  ];
  const inline = places.flatMap(([node, replace]) => (node.held ? [] : [{ node, replace, length: JSON.stringify(node.value).length }]));
  if (inline.reduce((sum, { length }) => sum + length, 0) <= inlineMost) return reuse;
  const packs = groups(inline);
  const digests = await storeResults(
    runId,
    packs.map((pack) => pack.map(({ node }): Json => node.value)),
  );
  packs.forEach((pack, n) => pack.forEach(({ node, replace }, item) => replace({ ...node, value: null, held: { sha256: digests[n]!, item } })));
  return { ...reuse, nodes, ...(older ? { older } : {}) };
}

function groups<Item extends { length: number }>(items: readonly Item[]): Item[][] {
  const found: Item[][] = [];
  let filled = Infinity;
  for (const item of items) {
    if (filled + item.length > blobFill) {
      found.push([]);
      filled = 0;
    }
    found.at(-1)?.push(item);
    filled += item.length;
  }
  return found;
}
