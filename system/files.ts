import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

let counter = 0;

export interface AtomicWriteOptions {
  /** File mode of a new file. Default 0o666 less the umask. */
  mode?: number;
  /** Flush to disk before the rename, so that the file also survives power loss. Default false. */
  sync?: boolean;
}

/**
 * Writes a file so that readers see the old content or the new, never a part: temporary file in the same folder, then rename. Creates the folder.
 *
 * @param content whole, or in parts that are written about a megabyte at a time
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | Generator<string>, options: AtomicWriteOptions = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp.${process.pid}.${counter++}`;
  try {
    const fd = openSync(temporary, 'wx', options.mode ?? 0o666);
    try {
      for (const bytes of piecesOf(content)) for (let offset = 0; offset < bytes.length;) offset += writeSync(fd, bytes, offset);
      if (options.sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function* piecesOf(content: string | Uint8Array | Generator<string>): Generator<Uint8Array, void> {
  if (typeof content === 'string') return void (yield Buffer.from(content, 'utf8'));
  if (content instanceof Uint8Array) return void (yield content);
  let parts: string[] = [];
  let length = 0;
  for (const part of content) {
    parts.push(part);
    length += part.length;
    if (length < 1024 * 1024) continue;
    yield Buffer.from(parts.join(''), 'utf8');
    parts = [];
    length = 0;
  }
  yield Buffer.from(parts.join(''), 'utf8');
}

/** Like {@link writeFileAtomic} with `sync`, without holding up this process while the disk works. */
export async function writeFileDurable(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp.${process.pid}.${counter++}`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes a file only when there is none: of several writers, also in several processes, one wins and the file appears whole.
 *
 * @returns the content that the file has now, ours or the winner's
 */
export function writeFileOnce(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp.${process.pid}.${counter++}`;
  writeFileSync(temporary, content, { flag: 'wx' });
  try {
    linkSync(temporary, path);
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(path, 'utf8');
  } finally {
    rmSync(temporary, { force: true });
  }
}
