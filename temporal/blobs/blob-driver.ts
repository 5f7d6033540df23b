import { ApplicationFailure, StorageDriverClaim, type Payload, type StorageDriver } from '@temporalio/common';
import proto from '@temporalio/proto';
import { isOdwError, OdwError } from '../../src/errors/error.ts';
import { errorTable } from '../../src/errors/table.ts';
import { sha256Of, type BlobStore } from './blob-store.ts';
import { checkPayloadSize } from './payload-limit.ts';
import type { BlobReferences } from './references.ts';

const { Payload: wire } = proto.temporal.api.common.v1;

/**
 * Temporal external storage on a blob store: each payload is one blob, its claim the SHA-256.
 * The name goes into histories and must never change.
 */
export function blobDriver(store: BlobStore, references: BlobReferences, maximum: number): StorageDriver {
  return {
    name: 'odw-blobs',
    type: 'odw.blobs',
    store: async (context, payloads) => {
      const what = context.target?.type ? `a value of ${context.target.kind} ${context.target.type}` : 'a value';
      await named(() => payloads.forEach((payload) => checkPayloadSize(payload.data?.length ?? 0, what, maximum)));
      const contents = payloads.map((payload) => wire.encode(payload).finish());
      // First the reference, then the blob: what runs gc finds without one is referred to by nobody.
      await references.add(context.target?.id ?? 'unknown', contents.map(sha256Of));
      return Promise.all(contents.map(async (content) => new StorageDriverClaim({ sha256: await store.write(content) })));
    },
    retrieve: (_context, claims) =>
      Promise.all(claims.map(async (claim): Promise<Payload> => wire.decode(await named(() => store.read(claim.claimData['sha256'] ?? ''))))),
  };
}

// An activity whose input cannot be read, or whose result is too large, fails at once and says so: the server would hand it out for ever, and nobody
// would hear of it.
async function named<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isOdwError(error)) throw error;
    const cause = new OdwError(error.slug, `${error.message}. ${errorTable[error.slug].next}`, { fields: error.fields });
    throw ApplicationFailure.create({ message: cause.message, type: error.slug, nonRetryable: true, cause });
  }
}
