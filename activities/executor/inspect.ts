import { existsSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { bootId } from '../../system/boot-id.ts';
import { parseProcessRow, readProcess, type ProcessIdentity, type ProcessRow } from '../../system/process-table.ts';
import { stepFiles } from './node-files.ts';
import { recentProcessTable } from './recent-table.ts';

/** A supervised command that still runs. `pid` is the supervisor's, and `group` the process group of all. */
export interface RunningStep extends ProcessIdentity {
  group: number;
}

/**
 * How a supervised command stands, read from its folder alone: not started, ended, alive, or dead without an exit code
 * (it, or its supervisor, was killed, or the machine went down).
 */
export type StepStatus = 'none' | 'lost' | { finished: { code: number; signal?: NodeJS.Signals } } | { running: RunningStep };

// Time in which an empty pid file may still be filled: the supervisor writes it in one call.
const PID_WRITE_MS = 500;

/** Reads a step folder. Never throws for what it finds there. */
export function inspectNode(dir: string): StepStatus {
  const files = stepFiles(dir);
  const before = readCode(files.code);
  if (before) return before;
  const recorded = readSupervisor(files.pid);
  if (recorded === 'none') return 'none';
  const group = recorded === 'broken' ? undefined : liveGroup(recorded);
  // The code may have been written between the two looks.
  return readCode(files.code) ?? (group ? { running: group } : 'lost');
}

/** The exit code of a step, when its file is complete. Cheap: for polling. */
export function readCode(path: string): { finished: { code: number; signal?: NodeJS.Signals } } | undefined {
  const match = /^(\d+) end$/m.exec(read(path));
  if (!match) return undefined;
  const code = Number(match[1]);
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0] as NodeJS.Signals | undefined;
  return { finished: signal ? { code, signal } : { code } };
}

/** Whether the machine was started anew since the step was started: none of its processes can be alive. */
export function bootedSince(dir: string): boolean {
  const recorded = readSupervisor(stepFiles(dir).pid);
  return typeof recorded === 'object' && recorded.boot !== '' && recorded.boot !== bootId();
}

interface Supervisor extends ProcessRow {
  boot: string;
}

function readSupervisor(path: string): Supervisor | 'none' | 'broken' {
  const text = read(path);
  const [line = '', boot = ''] = text.split('\n');
  const row = text.endsWith('\n') ? parseProcessRow(line) : undefined;
  if (row) return { ...row, boot: boot === '-' ? '' : boot };
  if (!existsSync(path)) return 'none';
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return age < PID_WRITE_MS ? 'none' : 'broken';
}

// Alive is the supervisor, or any process of its group: the supervisor can be killed alone, and its command goes on.
function liveGroup(supervisor: Supervisor): RunningStep | undefined {
  if (supervisor.boot && supervisor.boot !== bootId()) return undefined;
  const step = { pid: supervisor.pid, start: supervisor.start, group: supervisor.pid };
  const now = readProcess(supervisor.pid);
  // A pid is not given out again while a group of that number has members, so another process there means that the group is gone.
  if (now && now.start !== supervisor.start) return undefined;
  if (now && now.state !== 'Z') return step;
  // A table of a moment ago may lack what was started since: only a fresh one shows that nothing lives.
  const isMember = (row: ProcessRow) => row.group === supervisor.pid && row.state !== 'Z';
  return recentProcessTable().some(isMember) || recentProcessTable(0).some(isMember) ? step : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
