import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../system/files.ts';
import type { RunState } from '../errors/categories.ts';
import { runtimeNames, type PendingUserInput, type RuntimeName } from '../runtimes/runtime.ts';
import { ensureDirectory, sessionPaths } from './layout.ts';

/** What is kept of a session between runs. */
export interface SessionRecord {
  runtime: RuntimeName;
  session: string;
  driver: string;
  workspace: string;
  run_id: string | null;
  /** The runtime's own name of the conversation; without it nothing can be resumed. */
  thread_id: string | null;
  thread_path: string | null;
  model: string | null;
  /** The model vendor, for runtimes that have a choice of them. */
  provider?: string;
  effort: string | null;
  permission: 'max' | 'limited';
  state: RunState;
  artifacts: Record<string, unknown>;
  /** Earlier conversations of the same name. */
  history: { thread_id: string | null; run_id: string | null; ended_ms: number }[];
  created_ms: number;
  updated_ms: number;
  tmux_name: null;
  /** Cumulative counters of the runtime at the end of the last turn, for differences on resume. */
  baseline?: Record<string, unknown>;
  pending_user_input?: PendingUserInput | null;
}

/** Saves a record and points `latest` (of the runtime and of all runtimes) at it. */
export function saveRecord(stateDir: string, record: SessionRecord): void {
  const paths = sessionPaths(stateDir, record.runtime, record.session);
  ensureDirectory(dirname(paths.record));
  record.updated_ms = Date.now();
  writeJson(paths.record, record);
  const pointer = { runtime: record.runtime, session: record.session, updated_ms: record.updated_ms };
  writeJson(paths.latest, pointer);
  writeJson(paths.globalLatest, pointer);
}

/** The record of a session, or undefined when there is none that can be read. */
export function readRecord(stateDir: string, runtime: RuntimeName, session: string): SessionRecord | undefined {
  return readJson<SessionRecord>(sessionPaths(stateDir, runtime, session).record);
}

/** The session that `latest` stands for: of one runtime, or of all. */
export function latestSession(stateDir: string, runtime?: RuntimeName): { runtime: RuntimeName; session: string } | undefined {
  const file = runtime ? join(stateDir, 'sessions', runtime, 'latest.json') : join(stateDir, 'sessions', 'latest.json');
  const pointer = readJson<{ runtime: RuntimeName; session: string }>(file);
  return pointer?.session ? pointer : undefined;
}

/** All records of a runtime, newest first. */
export function listRecords(stateDir: string, runtime: RuntimeName): SessionRecord[] {
  const folder = join(stateDir, 'sessions', runtime);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json') && name !== 'latest.json')
    .flatMap((name) => readJson<SessionRecord>(join(folder, name)) ?? [])
    .sort((a, b) => b.updated_ms - a.updated_ms);
}

/** The runtimes that have a session of this name. */
export function runtimesWithSession(stateDir: string, session: string): RuntimeName[] {
  return runtimeNames.filter((runtime) => readRecord(stateDir, runtime, session));
}

function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
