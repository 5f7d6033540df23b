import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const window = 256 * 1024;

/** The last lines of a file, read from its end; empty when there is no such file. */
export function lastLines(path: string, count: number): string[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const size = fstatSync(fd).size;
    const length = Math.min(size, window);
    const buffer = Buffer.alloc(length);
    readSync(fd, buffer, 0, length, size - length);
    const lines = buffer.toString('utf8').split('\n').filter(Boolean);
    return count > 0 ? lines.slice(-count) : [];
  } finally {
    closeSync(fd);
  }
}
