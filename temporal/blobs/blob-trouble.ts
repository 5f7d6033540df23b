import { openBlobStore } from './blob-store.ts';

/** Whether an error, or a cause of it, says that a blob is missing or damaged. Takes messages too: only they come back from the server. */
export function isBlobTrouble(error: unknown): boolean {
  if (typeof error === 'string') return /\bblob [0-9a-f]{64} is (missing|damaged)/.test(error);
  for (let one = error; one instanceof Error; one = one.cause) if (isBlobTrouble(one.message)) return true;
  return false;
}

/** Whether the blob that a message names can be read by now. */
export async function isBlobReadable(message: string): Promise<boolean> {
  const digest = /\bblob ([0-9a-f]{64}) is /.exec(message)?.[1] ?? '';
  return openBlobStore()
    .read(digest)
    .then(
      () => true,
      () => false,
    );
}
