import { createReadStream, existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalRecord } from '../../schemas/journal.ts';
import { eventLines } from '../../src/journal/lines.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import { eventsPath } from './exec.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';

/**
 * Prints the journal of a run that another process hosts, as it grows.
 *
 * @returns the run's exit code when it ended; undefined when its host is gone and the run is still open
 */
export async function follow(plan: RunPlan, lockPath: string, output: ExecOutput): Promise<number | undefined> {
  const path = eventsPath(plan);
  let offset = 0;
  let rest = '';
  for (;;) {
    const holder = readLock(lockPath);
    const gone = !holder || !ownerIsAlive(holder);
    const size = existsSync(path) ? statSync(path).size : 0;
    if (size > offset) {
      const text = rest + (await readFrom(path, offset, size));
      offset = size;
      const lines = text.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const record = JSON.parse(line) as JournalRecord;
        if (record.type === 'script_stream')
          for (const one of typeof record.raw === 'string' ? [record.summary] : eventLines(record.raw)) output.event(one, record.stream);
        if (record.type === 'exit') return record.code;
      }
    } else if (gone) return undefined;
    await sleep(150);
  }
}

async function readFrom(path: string, start: number, end: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start, end: end - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
