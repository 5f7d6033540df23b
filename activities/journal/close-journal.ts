import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InnerEvent, JournalRecord } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';
import { NodeCensus, type Census } from '../../src/journal/census.ts';
import { endState, type RunEnd } from '../../src/journal/end-state.ts';
import { jsonText } from '../../src/journal/json-text.ts';
import { eventSummary } from '../../src/journal/lines.ts';
import { applyEnd } from '../../src/journal/state.ts';
import { stateText } from '../../src/journal/state-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { repairJournalEnd } from './journal-end.ts';

/**
 * Writes the end of a run behind what its journal and state.json say, without the events in between: for a run whose history cannot be
 * played, or is lost. Doing it again changes nothing.
 *
 * @param end how it ended; `message` says why, for a run that failed
 * @returns what run.json is to say of that end
 */
export function closeJournal(
  runDir: string,
  end: { status: RunEnd; code: number; closedMs: number; message: string },
): Pick<RunFile, 'status' | 'state' | 'parked' | 'finished_ms'> & { census: Census } {
  const { status, code, closedMs, message } = end;
  const path = join(runDir, 'events.jsonl');
  const { seq, ended } = repairJournalEnd(path);
  const ts = new Date(closedMs).toISOString();
  const state = readState(join(runDir, 'state.json'));
  if (!ended) {
    const event = lastEvent(status, ts, message, state?.state);
    const records: JournalRecord[] = event
      ? [{ type: 'script_stream', seq: seq + 1, ts_ms: closedMs, stream: 'stdout', summary: eventSummary(event), raw: event }]
      : [];
    records.push({ type: 'exit', seq: seq + 1 + records.length, ts_ms: closedMs, status, code });
    appendFileSync(path, records.map((record) => `${jsonText(record)}\n`).join(''));
  }
  if (state) {
    applyEnd(state, status, closedMs);
    if (status === 'failed') Object.assign(state, { error: { message }, failedAt: ts });
    writeFileAtomic(join(runDir, 'state.json'), stateText(state), { sync: true });
  }
  const failed = Object.keys(state?.failedAgents ?? {}).length;
  return { status, state: endState(status, failed), parked: null, finished_ms: closedMs, census: censusOf(path) };
}

function lastEvent(status: RunEnd, ts: string, message: string, from: RunState['state'] = 'running'): InnerEvent | undefined {
  if (status === 'failed') return { type: 'workflow_error', ts, message };
  return status === 'cancelled' && from !== 'stopped' ? { type: 'run_state', ts, from, to: 'stopped', reason: 'terminated' } : undefined;
}

function censusOf(path: string): Census {
  const census = new NodeCensus();
  const active = new Set<string>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    const record = parse(line) as JournalRecord | undefined;
    if (record?.type !== 'script_stream' || typeof record.raw !== 'object') continue;
    const { type, key, before } = record.raw;
    census.record(record.raw);
    if (type === 'agent_start') active.add(String(key));
    if (type === 'agent_failover' && active.delete(String(before))) active.add(String(key));
    if (type === 'agent_done' || type === 'agent_skip') active.delete(String(key));
  }
  census.cutShort(active);
  return census.counts();
}

// A state without its tables of nodes is damaged: it stays for somebody to look at (RES-09).
function readState(path: string): RunState | undefined {
  const state = existsSync(path) ? (parse(readFileSync(path, 'utf8')) as Partial<RunState> | undefined) : undefined;
  return state?.agents && state.activeAgents && state.failedAgents ? (state as RunState) : undefined;
}

// Damaged text has nothing to say.
function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
