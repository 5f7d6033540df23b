import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { journalRecord, type JournalRecord } from '../../schemas/journal.ts';

const TAIL = 64 * 1024;

/** The last whole record of a journal when it is a short one, as `exit` is; else undefined. Reads the end of the file only. */
export function lastRecord(path: string): JournalRecord | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const size = fstatSync(fd).size;
    const chunk = Buffer.alloc(Math.min(size, TAIL));
    readSync(fd, chunk, 0, chunk.length, size - chunk.length);
    const lines = chunk.toString('utf8').trimEnd().split('\n');
    const result = journalRecord.safeParse(JSON.parse(lines.at(-1) ?? ''));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
