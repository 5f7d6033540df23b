import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { odwHome } from '../../system/paths.ts';
import { syncFolder } from './references.ts';

/** A content-addressed store of immutable byte strings: `<folder>/<2 hex>/<sha256>`. */
export interface BlobStore {
  folder: string;
  /**
   * Keeps the bytes and gives their SHA-256, hex. On disk, name included, when it returns. Equal content is stored once.
   * A blob that is to outlive the next sweep is referred to first, see BlobReferences.
   */
  write(bytes: Uint8Array): Promise<string>;
  /**
   * The bytes of a digest, checked against it.
   *
   * @throws OdwError `blob-missing` or `blob-damaged`
   */
  read(sha256: string): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
  /** Where the blob of a digest lies, or would. */
  pathOf(sha256: string): string;
  /** Where a sweep moves it before the last look at what refers to it. Read from there as well. */
  asideOf(sha256: string): string;
}

let counter = 0;

// A task that schedules a thousand nodes stores a thousand blobs at once; some systems allow a process 256 open files.
const limited = limitConcurrency(32);

/** Opens the store of a folder; default `ODW_HOME/blobs`. Creates folders when the first blob is written. */
export function openBlobStore(folder: string = join(odwHome(), 'blobs')): BlobStore {
  const pathOf = (sha256: string) => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new OdwError('blob-missing', `${JSON.stringify(sha256)} is not the SHA-256 of a blob`, { fields: { sha256 } });
    return join(folder, sha256.slice(0, 2), sha256);
  };
  const asideOf = (sha256: string) => join(folder, 'aside', basename(pathOf(sha256)));
  // A blob that a sweep puts aside and back again may be missed at both places by one look.
  const readAnywhere = (sha256: string) =>
    [asideOf(sha256), pathOf(sha256)].reduce(
      (reading, path) => reading.catch((error: unknown) => (isAbsent(error) ? readFile(path) : Promise.reject(error))),
      readFile(pathOf(sha256)),
    );
  return {
    folder,
    pathOf,
    asideOf,
    async write(bytes) {
      const digest = sha256Of(bytes);
      const path = pathOf(digest);
      return limited(async () => {
        // Compared, not trusted: a blob that was damaged since is healed by the bytes at hand.
        if (!(await holds(path, bytes))) await writeBlob(path, bytes);
        // The name of a new file survives power loss only when its folder is flushed too.
        await syncFolder(dirname(path));
        return digest;
      });
    },
    async read(sha256) {
      const path = pathOf(sha256);
      const bytes = await limited(() => readAnywhere(sha256)).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
        throw new OdwError('blob-missing', `blob ${sha256} is missing: there is no ${path}`, { fields: { sha256, path }, cause: error });
      });
      const actual = sha256Of(bytes);
      if (actual !== sha256)
        throw new OdwError('blob-damaged', `blob ${sha256} is damaged: the ${bytes.length} bytes in ${path} have SHA-256 ${actual}`, {
          fields: { sha256, path, actual },
        });
      return bytes;
    },
    has: (sha256) => isFile(pathOf(sha256)),
  };
}

async function writeBlob(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await syncFolder(dirname(folder));
  const temporary = `${path}.tmp.${process.pid}.${counter++}`;
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  if ((await stat(path).catch(() => undefined))?.size !== bytes.length) return false;
  // A sweep may put it aside between the two looks; then it is written anew.
  return (await readFile(path).catch(() => undefined))?.equals(bytes) ?? false;
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** The SHA-256 of bytes, hex: the name of their blob. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
