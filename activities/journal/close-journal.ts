import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord } from '../../schemas/journal.ts';
import type { RunState } from '../../schemas/state.ts';
import { jsonText } from '../../src/journal/json-text.ts';
import { eventSummary } from '../../src/journal/lines.ts';
import { stateText } from '../../src/journal/state-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { repairJournalEnd } from './journal-end.ts';

/**
 * Writes the end of a failed run behind what its journal and state.json say, without its events: for a run whose history cannot be played.
 * Doing it again changes nothing.
 */
export function closeJournal(runDir: string, message: string, closedMs: number): void {
  const path = join(runDir, 'events.jsonl');
  const { seq, ended } = repairJournalEnd(path);
  const ts = new Date(closedMs).toISOString();
  if (!ended) {
    const event = { type: 'workflow_error', ts, message };
    const records: JournalRecord[] = [
      { type: 'script_stream', seq: seq + 1, ts_ms: closedMs, stream: 'stdout', summary: eventSummary(event), raw: event },
      { type: 'exit', seq: seq + 2, ts_ms: closedMs, status: 'failed', code: 1 },
    ];
    appendFileSync(path, records.map((record) => `${jsonText(record)}\n`).join(''));
  }
  const state = readState(join(runDir, 'state.json'));
  if (state) writeFileAtomic(join(runDir, 'state.json'), stateText({ ...state, activeAgents: {}, error: { message }, failedAt: ts }), { sync: true });
}

function readState(path: string): RunState | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}
