import { isOdwError, OdwError } from '../../src/errors/error.ts';
import { openBlobStore } from './blob-store.ts';

/** Whether an error, or a cause of it, says that a blob is missing or damaged. Takes messages too: only they come back from the server. */
export function isBlobTrouble(error: unknown): boolean {
  return troubledBlob(error) !== undefined;
}

/** SHA-256 of the blob that an error, a cause of it, or a message says is missing or damaged; undefined for any other. */
export function troubledBlob(error: unknown): string | undefined {
  if (typeof error === 'string') return /\bblob ([0-9a-f]{64}) is (?:missing|damaged)/.exec(error)?.[1];
  for (let one = error; one instanceof Error; one = one.cause) {
    const digest = troubledBlob(one.message);
    if (digest !== undefined) return digest;
  }
  return undefined;
}

/** What such an error says, by its own name: others wrap it in pages of text. Any other error is given back as it is. */
export async function plainBlobTrouble(error: unknown): Promise<unknown> {
  const digest = troubledBlob(error);
  if (digest === undefined) return error;
  const problem: unknown = await openBlobStore()
    .read(digest)
    .catch((cause: unknown) => cause);
  if (isOdwError(problem)) return problem;
  return new OdwError('blob-missing', `blob ${digest} is missing no more: it came back in this moment`, { fields: { sha256: digest }, next: 'Try again.' });
}

/** Whether the blob that a message names can be read by now. */
export async function isBlobReadable(message: string): Promise<boolean> {
  return openBlobStore()
    .read(troubledBlob(message) ?? '')
    .then(
      () => true,
      () => false,
    );
}
