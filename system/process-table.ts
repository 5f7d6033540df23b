import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** One row of the operating system's process table. */
export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  /** Kernel state letter; `Z` is a zombie, which counts as dead. */
  state: string;
  /** Opaque start-time stamp: equal for the same process, different when the pid was reused. */
  start: string;
}

/** Names one process for good: a pid alone may be reused. */
export interface ProcessIdentity {
  pid: number;
  start: string;
}

const linux = process.platform === 'linux';

/** The row of one process, or undefined when there is none. */
export function readProcess(pid: number): ProcessRow | undefined {
  if (!linux) return psRows(['-p', String(pid)])[0];
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** All processes that the operating system shows. */
export function readProcessTable(): ProcessRow[] {
  if (!linux) return psRows(['-A']);
  const rows: ProcessRow[] = [];
  for (const name of readdirSync('/proc')) {
    if (name.charCodeAt(0) > 57) continue;
    const row = readProcess(Number(name));
    if (row) rows.push(row);
  }
  return rows;
}

/** Identity of a live process; undefined when it is gone or a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const row = readProcess(pid);
  return row && row.state !== 'Z' ? { pid, start: row.start } : undefined;
}

/** Whether exactly this process still runs (not a zombie, pid not reused). */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.start === identity.start;
}

/** All descendants of the given processes, by parent pid, without the processes themselves. */
export function descendantsOf(pids: Iterable<number>, table = readProcessTable()): ProcessRow[] {
  const children = new Map<number, ProcessRow[]>();
  for (const row of table) children.set(row.parent, [...(children.get(row.parent) ?? []), row]);
  const seen = new Set<number>(pids);
  const queue = [...seen];
  const found: ProcessRow[] = [];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (seen.has(child.pid)) continue;
      seen.add(child.pid);
      found.push(child);
      queue.push(child.pid);
    }
  }
  return found;
}

/**
 * Reads one line that a process recorded about itself: `/proc/PID/stat` on Linux, else
 * `ps -o pid=,ppid=,pgid=,stat=,lstart=` (with TZ=UTC and LC_ALL=C). Undefined when it is no such line.
 */
export function parseProcessRow(line: string): ProcessRow | undefined {
  if (!linux) return parsePsLine(line);
  const row = parseStat(line);
  return row.pid > 0 && row.start !== '' ? row : undefined;
}

// proc(5): the command name may hold spaces and parentheses, so fields are counted from the last ")".
export function parseStat(text: string): ProcessRow {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), group: Number(fields[2]), state: fields[0] ?? '', start: fields[19] ?? '' };
}

function psRows(args: string[]): ProcessRow[] {
  try {
    // Start stamps are compared as text, between processes: no local time zone or language may be in them.
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
    const out = execFileSync('ps', [...args, '-o', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
    return out.split('\n').flatMap((line) => parsePsLine(line) ?? []);
  } catch {
    return [];
  }
}

function parsePsLine(line: string): ProcessRow | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  return match ? { pid: Number(match[1]), parent: Number(match[2]), group: Number(match[3]), state: match[4]?.[0] ?? '', start: match[5] ?? '' } : undefined;
}
