import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalRecord } from '../../schemas/journal.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';

export interface FollowOptions {
  /** Called with each record, those already written first, and its line as it stands in the file. */
  onRecord: (record: JournalRecord, line: string) => void;
  /** Aborted when the caller has seen enough. */
  stop?: AbortSignal;
}

/**
 * Reads a run's journal as it grows.
 *
 * @returns the run's exit code when it ended; undefined when nobody hosts it any more and it is open, or on `stop`
 */
export async function followJournal(runDir: string, { onRecord, stop }: FollowOptions): Promise<number | undefined> {
  const reader = new LineReader(join(runDir, 'events.jsonl'));
  while (!stop?.aborted) {
    const holder = readLock(join(runDir, 'host.lock'));
    const hosted = holder !== undefined && ownerIsAlive(holder);
    for (const line of reader.read()) {
      const record = JSON.parse(line) as JournalRecord;
      onRecord(record, line);
      if (record.type === 'exit') return record.code;
    }
    // Looked for before the read: what a host wrote before it went is read, too.
    if (!hosted) return undefined;
    await sleep(100);
  }
  return undefined;
}

/** Whole lines of a growing file, from where the last read ended. A character or line cut by the end of the file waits for its rest. */
class LineReader {
  private offset = 0;
  private rest = '';
  private readonly decoder = new StringDecoder('utf8');
  private readonly buffer = Buffer.alloc(256 * 1024);

  constructor(private readonly path: string) {}

  read(): string[] {
    if (!existsSync(this.path)) return [];
    const fd = openSync(this.path, 'r');
    try {
      for (let bytes; (bytes = readSync(fd, this.buffer, 0, this.buffer.length, this.offset)) > 0; this.offset += bytes) {
        this.rest += this.decoder.write(this.buffer.subarray(0, bytes));
      }
    } finally {
      closeSync(fd);
    }
    const lines = this.rest.split('\n');
    this.rest = lines.pop() ?? '';
    return lines;
  }
}
