import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JournalRecord } from '../../schemas/journal.ts';

/** Where a record of the journal begins, and what it says. */
export interface IndexedRecord {
  /** Byte offset of its line in events.jsonl. */
  offset: number;
  /** Byte offset in script-debug.log at which its own text, if it has one, begins. */
  debugOffset: number;
  hash: string;
}

/**
 * Reads a journal into its index, by record number. A missing file has no record. A line that was damaged is no record that anybody writes
 * again, so the writer cuts the file back to it.
 */
export function indexJournal(path: string): IndexedRecord[] {
  const index: IndexedRecord[] = [];
  let offset = 0;
  let debugOffset = 0;
  for (const line of readLines(path)) {
    index.push({ offset, debugOffset, hash: lineHash(line) });
    offset += Buffer.byteLength(line) + 1;
    debugOffset += debugBytes(parse(line));
  }
  return index;
}

/** Names the content of a line. */
export function lineHash(line: string): string {
  return createHash('sha1').update(line).digest('base64');
}

/** Bytes that a record adds to script-debug.log. */
export function debugBytes(record: JournalRecord | undefined): number {
  return record?.type === 'script_stream' && record.stream === 'stderr' && typeof record.raw === 'string' ? Buffer.byteLength(record.raw) + 1 : 0;
}

function parse(line: string): JournalRecord | undefined {
  try {
    return (JSON.parse(line) as JournalRecord | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
