import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { OdwError } from '../../src/errors/error.ts';

/** Where a journal file ends. */
export interface JournalEnd {
  /** Number of the last record; -1 when there is none. */
  seq: number;
  /** True when the last record is `exit`. */
  ended: boolean;
  /** Bytes up to and including the last whole record. */
  bytes: number;
}

/**
 * Finds the last record of a journal and cuts off what a crash left behind it: half a line, or lines that are no JSON.
 * Reads from the end, so that the length of the file does not matter. A missing file has no record.
 *
 * @throws OdwError `journal-unreadable` when the last record has no number: another tool wrote it
 */
export function repairJournalEnd(path: string): JournalEnd {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { seq: -1, ended: false, bytes: 0 };
    throw error;
  }
  try {
    const size = fstatSync(fd).size;
    let end = lineStart(fd, size);
    for (;;) {
      if (end === 0) return cut(fd, size, { seq: -1, ended: false, bytes: 0 });
      const start = lineStart(fd, end - 1);
      const record = parse(readRange(fd, start, end));
      if (record !== undefined) {
        const seq = record['seq'];
        if (!Number.isInteger(seq))
          throw new OdwError('journal-unreadable', `the last record of ${path} has no number, so it cannot be continued; expected a journal of this tool`, {
            fields: { path },
          });
        return cut(fd, size, { seq: seq as number, ended: record['type'] === 'exit', bytes: end });
      }
      end = start;
    }
  } finally {
    closeSync(fd);
  }
}

function cut(fd: number, size: number, end: JournalEnd): JournalEnd {
  if (end.bytes < size) ftruncateSync(fd, end.bytes);
  return end;
}

/** Offset after the last line end before `end`. */
function lineStart(fd: number, end: number): number {
  const chunk = Buffer.allocUnsafe(64 * 1024);
  for (let to = end; to > 0;) {
    const from = Math.max(0, to - chunk.length);
    const read = readSync(fd, chunk, 0, to - from, from);
    const at = chunk.subarray(0, read).lastIndexOf(10);
    if (at >= 0) return from + at + 1;
    to = from;
  }
  return 0;
}

function readRange(fd: number, start: number, end: number): string {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let offset = 0; offset < bytes.length;) {
    const read = readSync(fd, bytes, offset, bytes.length - offset, start + offset);
    if (read === 0) break;
    offset += read;
  }
  return bytes.toString('utf8');
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
