import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { realPath, refusedReal, type Boundary } from './protected-paths.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * Reads a file of the workspace whose path was found allowed. What was opened is looked at again, so that a link put in
 * its place in between leads nowhere; a pipe or device is refused instead of waited for.
 *
 * @param most bytes; a larger file throws
 */
export function readInside(path: string, boundary: Boundary, most = Infinity): Buffer {
  const { fd, stat } = openInside(path, boundary, O_RDONLY);
  try {
    if (stat.size > most) throw new Error(`the file is too large (${stat.size} bytes)`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a file of the workspace whose path was found allowed, with the same care. A file that has further names (hard
 * links) gets a content of its own: the other names may lie outside.
 */
export function writeInside(path: string, content: string, boundary: Boundary, how: 'replace' | 'append' = 'replace'): void {
  // Links are followed here, once: a new file is never made through one.
  const target = realPath(path) ?? path;
  const known = statSync(target, { throwIfNoEntry: false });
  if (known && !known.isFile()) throw new Error('it is no regular file');
  if (known && known.nlink > 1)
    return replaceName(target, how === 'append' ? readInside(target, boundary).toString('utf8') + content : content, known, boundary);
  const { fd } = openInside(target, boundary, O_WRONLY | (known ? 0 : O_CREAT | O_EXCL) | (how === 'append' ? O_APPEND : 0));
  try {
    if (how === 'replace') ftruncateSync(fd, 0);
    writeFileSync(fd, content);
  } finally {
    closeSync(fd);
  }
}

function replaceName(target: string, content: string, { mode }: Stats, boundary: Boundary): void {
  const beside = join(dirname(target), `.${process.pid}.${Date.now()}.new`);
  const { fd, real } = openInside(beside, boundary, O_WRONLY | O_CREAT | O_EXCL);
  try {
    writeFileSync(fd, content);
    fchmodSync(fd, mode & 0o7777);
    renameSync(real, target);
  } catch (error) {
    unlinkSync(real);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openInside(path: string, boundary: Boundary, flags: number): { fd: number; stat: Stats; real: string } {
  const isNew = (flags & O_CREAT) !== 0;
  // A look first: opening some devices is an act of its own.
  if (!isNew && !statSync(path).isFile()) throw new Error('it is no regular file');
  const fd = openSync(path, flags | O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    const real = placeOf(fd, path, stat);
    const refusal = stat.isFile() ? refusedReal(real, boundary, path) : 'it is no regular file';
    if (refusal === undefined) return { fd, stat, real };
    if (isNew) unlinkSync(real);
    throw new Error(refusal);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Where an open file lies. Linux knows; elsewhere its path must still lead to it. */
function placeOf(fd: number, path: string, stat: Stats): string {
  if (process.platform === 'linux') return readlinkSync(`/proc/self/fd/${fd}`);
  const real = realpathSync(path);
  const there = statSync(real);
  if (there.ino !== stat.ino || there.dev !== stat.dev) throw new Error('the file was replaced while it was opened');
  return real;
}
