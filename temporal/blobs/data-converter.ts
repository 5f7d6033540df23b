import { join } from 'node:path';
import { ExternalStorage, type DataConverter } from '@temporalio/common';
import { odwHome } from '../../system/paths.ts';
import { blobDriver } from './blob-driver.ts';
import { openBlobStore } from './blob-store.ts';
import { payloadMaximum, payloadThreshold } from './payload-limit.ts';
import { BlobReferences } from './references.ts';

/**
 * The data converter of every odw client, worker and replay worker: JSON payloads, those over 32 KiB in `ODW_HOME/blobs`.
 * All three need it, for a history made with it cannot be read without.
 */
export function blobDataConverter(env: NodeJS.ProcessEnv = process.env): DataConverter {
  const store = openBlobStore(join(odwHome(env), 'blobs'));
  return {
    externalStorage: new ExternalStorage({
      drivers: [blobDriver(store, new BlobReferences(store.folder), payloadMaximum(env))],
      payloadSizeThreshold: payloadThreshold,
    }),
  };
}
