import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord } from '../../schemas/journal.ts';
import { runState, type RunState } from '../../schemas/state.ts';
import { applyEnd, applyRecord } from '../../src/journal/state.ts';

/**
 * The state of a run as its journal tells it, completed by state.json with what no event carries (budget, checkpoint values, results
 * of an older tool). state.json is written once a second at most, so in a live or killed run the journal knows more.
 */
export function readState(dir: string, events: JournalRecord[]): RunState {
  const state: RunState = { agents: {}, activeAgents: {}, failedAgents: {}, checkpoints: {}, budget: { total: null, spent: 0 } };
  const seen = new Set<unknown>();
  for (const record of events) {
    if (record.type === 'exit') applyEnd(state, record.status, record.ts_ms);
    if (record.type !== 'script_stream' || typeof record.raw !== 'object') continue;
    seen.add(record.raw['key']);
    applyRecord(state, { seq: record.seq, ts_ms: record.ts_ms, stream: record.stream, event: record.raw });
  }
  const file = readFile(join(dir, 'state.json'));
  if (!file) return state;
  const missing = <T>(table: Record<string, T>) => Object.fromEntries(Object.entries(table).filter(([key]) => !seen.has(key)));
  return {
    ...file,
    ...state,
    agents: { ...missing(file.agents), ...state.agents },
    failedAgents: { ...missing(file.failedAgents), ...state.failedAgents },
    checkpoints: { ...state.checkpoints, ...file.checkpoints },
    budget: file.budget,
  };
}

function readFile(path: string): RunState | undefined {
  try {
    const result = runState.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
