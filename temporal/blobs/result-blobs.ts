import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Json } from '../../schemas/json.ts';
import type { NodeOutcome } from '../../schemas/node.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { errorTable } from '../../src/errors/table.ts';
import type { LoadedResults } from '../../workflows/activities.ts';
import { nodeValue } from '../../workflows/node/value.ts';
import { openBlobStore, sha256Of } from './blob-store.ts';
import { BlobReferences } from './references.ts';

const { Payload: wire } = proto.temporal.api.common.v1;

/** Blobs of results that are stored together. */
const atOnce = 8;

/**
 * Keeps results of earlier runs as blobs that a run fetches when a node asks for one of them (DESIGN D3). They have the very bytes that the
 * answers of the fetching activity have, so fetching stores nothing anew.
 *
 * @param workflowId the run that is to fetch them
 * @param groups the results of each blob
 * @returns SHA-256 of each blob, in the order of the groups
 */
export async function storeResults(workflowId: string, groups: readonly (readonly Json[])[]): Promise<string[]> {
  const store = openBlobStore();
  const references = new BlobReferences(store.folder);
  const digests: string[] = [];
  // Few at a time, for their bytes are in memory; the flushes of those share their wait for the disk.
  for (let first = 0; first < groups.length; first += atOnce) {
    const blobs = groups.slice(first, first + atOnce).map((values) => wire.encode(defaultPayloadConverter.toPayload({ ok: true, values })).finish());
    await references.add(workflowId, blobs.map(sha256Of));
    digests.push(...(await Promise.all(blobs.map((blob) => store.write(blob)))));
  }
  return digests;
}

/** Keeps that a run refers to blobs of results that an earlier one of its lineage stored. */
export async function referToResults(workflowId: string, digests: readonly string[]): Promise<void> {
  await new BlobReferences(openBlobStore().folder).add(workflowId, digests);
}

/**
 * The results of a blob, or what is wrong with it. Other errors of the disk are thrown, to be tried again. A blob that was missing when it was referred to
 * (`unreadableOf`) holds the outcome of one node: its results are the value of a node without a schema, and of one with a schema.
 */
export async function loadResults({ sha256 }: { sha256: string }): Promise<LoadedResults> {
  try {
    const kept: LoadedResults | NodeOutcome = defaultPayloadConverter.fromPayload(wire.decode(await openBlobStore().read(sha256)));
    if ('ok' in kept) return kept;
    if (kept.status !== 'ok') return { ok: false, message: `blob ${sha256} holds the failure of a node, and no result.` };
    return { ok: true, values: [nodeValue(kept, false), nodeValue(kept, true)] };
  } catch (error) {
    if (!isOdwError(error)) throw error;
    return { ok: false, message: `${error.message}. ${errorTable[error.slug].next}` };
  }
}
