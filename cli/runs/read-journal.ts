import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord } from '../../schemas/journal.ts';
import { OdwError } from '../../src/errors/error.ts';

const types = new Set(['launch', 'script_stream', 'exit']);

/**
 * The journal of a run folder. Lines that are no records are passed over (a torn last line of a live run); records that an older
 * tool wrote without numbers get their place as number.
 *
 * @throws OdwError `run-not-found` when events.jsonl cannot be read
 */
export function readJournal(dir: string): JournalRecord[] {
  const path = join(dir, 'events.jsonl');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OdwError('run-not-found', `read ${path}`, { fields: { path }, cause });
  }
  const records: JournalRecord[] = [];
  for (const line of text.split('\n')) {
    const record = line === '' ? undefined : parse(line);
    if (record && types.has(String(record['type']))) records.push({ seq: records.length, ts_ms: 0, ...record } as unknown as JournalRecord);
  }
  return records;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
