import type { Json } from '../../schemas/json.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';
import { findRunFolder } from '../run-folder.ts';
import { failureOf } from './failure.ts';
import { readJournal } from './read-journal.ts';
import { readRun } from './read-run.ts';
import { readState } from './read-state.ts';

type Entry<K extends 'agents' | 'activeAgents' | 'failedAgents' | 'unfinishedAgents'> = NonNullable<RunState[K]>[string];

/** What `odw runs show` tells of a run (CLI-24). */
export interface RunView {
  run: RunFile | { run_id: string; status: 'unknown' };
  counts: { active: number; completed: number; failed_attempts: number; checkpoints: number; unfinished?: number };
  active: (Entry<'activeAgents'> & { last?: string })[];
  failed: Entry<'failedAgents'>[];
  completed: Entry<'agents'>[];
  /** Under way when the run ended; absent when nothing was. */
  unfinished?: Entry<'unfinishedAgents'>[];
  /** The last `tail` records of the journal. */
  events: JournalRecord[];
  /** First line of what the run failed of. */
  failure?: string;
  /** What is not known of it. */
  note?: string;
}

/**
 * Reads a run from its folder; needs no engine.
 *
 * @throws OdwError `run-id-invalid`, `run-not-found`
 */
export function showRun(root: string, id: string, tail: number): RunView {
  const { runId, dir } = findRunFolder(root, id);
  const events = readJournal(dir);
  const state = readState(dir, events);
  const run = readRun(dir);
  const failure = failureOf(run, state, events);
  const active = sorted(Object.values(state.activeAgents), (entry) => entry.updatedAt);
  const unfinished = sorted(Object.values(state.unfinishedAgents ?? {}), (entry) => entry.ts);
  return {
    run: run ?? { run_id: runId, status: 'unknown' },
    counts: {
      active: active.length,
      completed: Object.keys(state.agents).length,
      failed_attempts: Object.keys(state.failedAgents).length,
      checkpoints: Object.keys(state.checkpoints).length,
      ...(unfinished.length > 0 ? { unfinished: unfinished.length } : {}),
    },
    active: active.map((entry) => withLastMessage(entry, events)),
    failed: sorted(Object.values(state.failedAgents), (entry) => entry.ts),
    completed: sorted(Object.values(state.agents), (entry) => entry.ts),
    ...(unfinished.length > 0 ? { unfinished } : {}),
    events: tail > 0 ? events.slice(-tail) : [],
    ...(failure === undefined ? {} : { failure }),
  };
}

// By index, those without one last, then time, then key (CLI-22).
function sorted<T extends { index?: number; key: string }>(entries: T[], time: (entry: T) => string): T[] {
  const rank = (entry: T) => entry.index ?? Number.MAX_SAFE_INTEGER;
  return entries.sort((a, b) => rank(a) - rank(b) || compare(time(a), time(b)) || compare(a.key, b.key));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withLastMessage<T extends { key: string }>(entry: T, events: JournalRecord[]): T & { last?: string } {
  for (let i = events.length - 1; i >= 0; i--) {
    const record = events[i]!;
    if (record.type !== 'script_stream' || typeof record.raw !== 'object' || record.raw['key'] !== entry.key) continue;
    const result = record.raw['result'];
    const last = messageIn(record.raw) ?? messageIn(result) ?? messageIn(field(result, 'codex'));
    if (last !== undefined) return { ...entry, last };
  }
  return entry;
}

function messageIn(value: Json | undefined): string | undefined {
  const message = field(value, 'last_agent_message');
  return typeof message === 'string' && message !== '' ? message : undefined;
}

function field(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}
