import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

/** The last lines of a file, read from its end, at most `maxBytes` of it; empty when the file is missing. */
export function logTail(path: string, lines: number, maxBytes = 256 * 1024): string[] {
  if (!existsSync(path)) return [];
  const fd = openSync(path, 'r');
  try {
    const size = fstatSync(fd).size;
    const length = Math.min(size, maxBytes);
    const buffer = Buffer.alloc(length);
    const read = readSync(fd, buffer, 0, length, size - length);
    const all = buffer.toString('utf8', 0, read).split('\n');
    if (size > length) all.shift();
    if (all.at(-1) === '') all.pop();
    return lines > 0 ? all.slice(-lines) : [];
  } finally {
    closeSync(fd);
  }
}

const rotateAtBytes = 20 * 1024 * 1024;

/** Before a launch: a log that grew large becomes `<log>.1`, so that two files of bounded size remain. */
export function rotateLog(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > rotateAtBytes) renameSync(path, `${path}.1`);
}
