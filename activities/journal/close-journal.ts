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
 * Writes the end of a run behind what its journal and state.json say, without the events in between: for a run whose history cannot be
 * played. Doing it again changes nothing.
 *
 * @param end how it ended; `message` says why, for a run that failed
 */
export function closeJournal(runDir: string, end: { status: 'completed' | 'failed' | 'cancelled'; code: number; closedMs: number; message: string }): void {
  const { status, code, closedMs, message } = end;
  const path = join(runDir, 'events.jsonl');
  const { seq, ended } = repairJournalEnd(path);
  const ts = new Date(closedMs).toISOString();
  const failed = status === 'failed';
  if (!ended) {
    const event = { type: 'workflow_error', ts, message };
    const records: JournalRecord[] = [
      ...(failed
        ? [{ type: 'script_stream' as const, seq: seq + 1, ts_ms: closedMs, stream: 'stdout' as const, summary: eventSummary(event), raw: event }]
        : []),
      { type: 'exit', seq: seq + (failed ? 2 : 1), ts_ms: closedMs, status, code },
    ];
    appendFileSync(path, records.map((record) => `${jsonText(record)}\n`).join(''));
  }
  const state = failed ? readState(join(runDir, 'state.json')) : undefined;
  if (state) writeFileAtomic(join(runDir, 'state.json'), stateText({ ...state, activeAgents: {}, error: { message }, failedAt: ts }), { sync: true });
}

function readState(path: string): RunState | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}
