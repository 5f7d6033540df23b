import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { odwHome } from '../../system/paths.ts';

/** A content-addressed store of immutable byte strings: `<folder>/<2 hex>/<sha256>`. */
export interface BlobStore {
  folder: string;
  /** Keeps the bytes and gives their SHA-256, hex. On disk, name included, when it returns. Equal content is stored once. */
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
  return {
    folder,
    pathOf,
    async write(bytes) {
      const digest = sha256Of(bytes);
      const path = pathOf(digest);
      return limited(async () => {
        // Compared, not trusted: a blob that was damaged since is healed by the bytes at hand.
        if (!(await holds(path, bytes))) await writeBlob(path, bytes);
        await syncFolder(dirname(path));
        return digest;
      });
    },
    async read(sha256) {
      const path = pathOf(sha256);
      const bytes = await limited(() => readFile(path)).catch((error: unknown) => {
        const code = (error as NodeJS.ErrnoException).code;
        if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
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
  await mkdir(folder, { recursive: true });
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

// The name of a new file survives power loss only when its folder is flushed too. Some systems cannot open folders.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // not supported here
  } finally {
    await handle?.close();
  }
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  if ((await stat(path).catch(() => undefined))?.size !== bytes.length) return false;
  return (await readFile(path)).equals(bytes);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
