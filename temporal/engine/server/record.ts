import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { writeFileAtomic } from '../../../system/files.ts';
import { isAlive } from '../../../system/process-table.ts';

/** `ODW_HOME/server.json`: the managed server that was started last and not stopped. */
export interface ServerRecord {
  version: 1;
  host: string;
  pid: number;
  /** Process start stamp, so that a reused pid is never taken for the server. */
  start: string;
  port: number;
  uiPort: number;
  namespace: string;
  binary: string;
  cliVersion: string;
  serverVersion: string;
  startedMs: number;
  /** False from the launch until the server answered and its namespace was set up. */
  ready: boolean;
  searchAttributes: boolean;
  warning: string | null;
}

/** The record, or undefined when there is none or it cannot be read as one. */
export function readServerRecord(path: string): ServerRecord | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ServerRecord>;
    const whole = value.version === 1 && typeof value.pid === 'number' && typeof value.port === 'number' && typeof value.host === 'string';
    return whole && typeof value.start === 'string' ? (value as ServerRecord) : undefined;
  } catch {
    return undefined;
  }
}

export function writeServerRecord(path: string, record: ServerRecord): void {
  writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

/** Removes the record if it still names this server. */
export function removeServerRecord(path: string, record: ServerRecord): void {
  const now = readServerRecord(path);
  if (now && now.pid === record.pid && now.start === record.start && now.host === record.host) rmSync(path, { force: true });
}

/** Whether the recorded process runs on this host. A record of another host is never alive here: see `isElsewhere`. */
export function recordIsAlive(record: ServerRecord): boolean {
  return record.host === hostname() && isAlive(record);
}

/** Whether the record was made on another host, whose processes cannot be seen from here. */
export function isElsewhere(record: ServerRecord): boolean {
  return record.host !== hostname();
}
