import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Json } from '../../schemas/json.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { errorTable } from '../../src/errors/table.ts';
import type { LoadedResults } from '../../workflows/activities.ts';
import { openBlobStore, sha256Of } from './blob-store.ts';
import { BlobReferences } from './references.ts';

const { Payload: wire } = proto.temporal.api.common.v1;

/**
 * Keeps results of earlier runs as a blob that a run fetches when a node asks for one of them (DESIGN D3). It has the very bytes that the
 * answer of the fetching activity has, so fetching stores nothing anew.
 *
 * @param workflowId the run that is to fetch them
 * @returns SHA-256 of the blob
 */
export async function storeResults(workflowId: string, values: readonly Json[]): Promise<string> {
  const store = openBlobStore();
  const bytes = wire.encode(defaultPayloadConverter.toPayload({ ok: true, values })).finish();
  await new BlobReferences(store.folder).add(workflowId, [sha256Of(bytes)]);
  return store.write(bytes);
}

/** Keeps that a run refers to blobs of results that an earlier one of its lineage stored. */
export async function referToResults(workflowId: string, digests: readonly string[]): Promise<void> {
  await new BlobReferences(openBlobStore().folder).add(workflowId, digests);
}

/** The results of a blob, or what is wrong with it. Other errors of the disk are thrown, to be tried again. */
export async function loadResults({ sha256 }: { sha256: string }): Promise<LoadedResults> {
  try {
    return defaultPayloadConverter.fromPayload(wire.decode(await openBlobStore().read(sha256)));
  } catch (error) {
    if (!isOdwError(error)) throw error;
    return { ok: false, message: `${error.message}. ${errorTable[error.slug].next}` };
  }
}
