import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../system/files.ts';
import { identify, isAlive, type ProcessIdentity } from '../../system/process-table.ts';

/** Content of the pid file and of the session's lock: names a process so that a reused pid is not mistaken for it. */
export interface RunIdentity {
  version: 1;
  pid: number;
  /** Start stamp from the process table. */
  start_id: string;
  /** Names the boot of the machine; null where the system has none. */
  boot_id: string | null;
  dispatch_id: string | null;
  runtime: string;
  session: string;
  workspace: string;
  report_file: string | null;
  events_file: string | null;
  started_ms: number;
  heartbeat_ms: number;
  children: { pid: number; start_id: string }[];
  /** Value of the environment variable that all processes of the run carry. */
  mark: string;
  state: 'running' | 'exited';
}

/** The identity of this process at its start. */
export function newIdentity(
  about: Pick<RunIdentity, 'dispatch_id' | 'runtime' | 'session' | 'workspace' | 'report_file' | 'events_file' | 'started_ms' | 'mark'>,
): RunIdentity {
  const start_id = identify(process.pid)?.start ?? '';
  return { version: 1, pid: process.pid, start_id, boot_id: bootId(), ...about, heartbeat_ms: Date.now(), children: [], state: 'running' };
}

/** Reads a pid file; undefined when there is none that can be read. */
export function readIdentity(path: string): RunIdentity | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunIdentity>;
    return typeof value.pid === 'number' && typeof value.start_id === 'string' ? (value as RunIdentity) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether exactly this process still runs, on this boot of the machine. */
export function identityIsAlive(identity: RunIdentity): boolean {
  return identity.state === 'running' && identity.boot_id === bootId() && isAlive({ pid: identity.pid, start: identity.start_id });
}

/** The children of an identity that are still the same processes. */
export function livingChildren(identity: RunIdentity): ProcessIdentity[] {
  if (identity.boot_id !== bootId()) return [];
  return (identity.children ?? []).map((child) => ({ pid: child.pid, start: child.start_id })).filter(isAlive);
}

export function writeIdentity(path: string, identity: RunIdentity): void {
  writeFileAtomic(path, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null;
  } catch {
    return null;
  }
}
