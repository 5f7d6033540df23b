import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openBlobStore } from '../../../temporal/blobs/blob-store.ts';
import { BlobReferences } from '../../../temporal/blobs/references.ts';
import { sweepBlobs } from '../../../temporal/blobs/sweep.ts';
import type { ServerCopies } from '../remove/server-copy.ts';
import type { Found } from './leftover.ts';

/** References of runs that are gone, and blobs that are referred to by nothing else. */
export interface BlobLeftovers extends Found {
  /** Removes all of it. Gives the bytes that came free; fewer than listed when a run began to refer to a blob meanwhile. */
  removeAll: () => Promise<number>;
}

/**
 * Finds blobs of the whole ODW_HOME, whatever project they belong to. A run is gone when its folder is, although its project is there, and its server does
 * not know it; nothing is concluded about runs of another server, or while the server does not answer.
 *
 * @param goneProjects also drop the references of runs whose whole project is not there
 */
export async function findBlobs(server: ServerCopies | undefined, minAgeMs: number, goneProjects: boolean): Promise<BlobLeftovers> {
  const store = openBlobStore();
  const references = new BlobReferences(store.folder);
  const found: BlobLeftovers = { leftovers: [], kept: [], removeAll: () => Promise.resolve(0) };
  const gone: string[] = [];
  const away = new Map<string, { path: string; runs: number }>();
  for (const { name, owner } of references.list()) {
    if (!owner || existsSync(owner.runDir)) continue;
    if (!goneProjects && !existsSync(dirname(owner.runDir))) {
      away.set(owner.root, { path: owner.root, runs: (away.get(owner.root)?.runs ?? 0) + 1 });
      continue;
    }
    if (owner.server !== server?.name || (await server.look(owner.runId)) !== 'none') continue;
    gone.push(name);
    found.leftovers.push({ kind: 'references', path: join(store.folder, 'refs', name), bytes: 0, why: `run ${owner.runId} is gone`, remove: () => {} });
  }
  for (const { path, runs } of away.values()) {
    const what = runs === 1 ? 'a run of this project refers' : `${runs} runs of this project refer`;
    found.kept.push({ path, why: `${what} to blobs; it is not there, which may pass; --gone-projects removes them` });
  }
  const without = new Set(gone);
  const blobs = await sweepBlobs(store, references, { dryRun: true, minAgeMs, without });
  found.leftovers.push(...blobs.map(({ path, bytes }) => ({ kind: 'blob' as const, path, bytes, why: 'no run refers to it', remove: () => {} })));
  found.removeAll = async () => {
    for (const name of gone) references.drop(name);
    return (await sweepBlobs(store, references, { minAgeMs })).reduce((sum, blob) => sum + blob.bytes, 0);
  };
  return found;
}
