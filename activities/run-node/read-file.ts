import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Size of a file in bytes; 0 when there is none. */
export function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last `maxBytes` of a file as text, from the first whole character on; empty when there is none. */
export function readTail(path: string, maxBytes: number): string {
  return readRange(path, -maxBytes).text;
}

/** Text of a file from a byte offset on (negative: from the end), and the offset after it. */
export function readRange(path: string, from: number, maxBytes = 512 * 1024 * 1024): { text: string; next: number } {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return { text: '', next: 0 };
  }
  try {
    const { size } = fstatSync(fd);
    const start = from < 0 ? Math.max(0, size + from) : Math.min(from, size);
    const bytes = Buffer.alloc(Math.min(size - start, maxBytes));
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(fd, bytes, length, bytes.length - length, start + length);
      if (read === 0) break;
      length += read;
    }
    let skip = 0;
    // UTF-8 continuation bytes belong to a character that begins before the range.
    while (start > 0 && skip < 3 && skip < length && ((bytes[skip] ?? 0) & 0xc0) === 0x80) skip++;
    return { text: bytes.toString('utf8', skip, length), next: start + length };
  } finally {
    closeSync(fd);
  }
}
