import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../system/files.ts';
import { descendantsOf, isAlive, type ProcessIdentity } from '../../system/process-table.ts';
import type { RunningStep } from './inspect.ts';
import { stepFiles } from './node-files.ts';
import { recentProcessTable } from './recent-table.ts';

/**
 * Adds the present descendants of a running step to those seen before. A process that starts a session of its own and
 * loses its parent can only be found when it was seen earlier. They are kept in a file, so that the next host knows them too.
 *
 * @returns everything seen so far, the dead included
 */
export function rememberDescendants(dir: string, step: RunningStep): ProcessIdentity[] {
  const seen = new Map(seenDescendants(dir).map((one) => [one.pid, one]));
  const table = recentProcessTable();
  const alive = [...seen.values()].filter(isAlive);
  const roots = [step.pid, ...alive.map((one) => one.pid), ...table.filter((row) => row.group === step.group).map((row) => row.pid)];
  const found = [...table.filter((row) => row.group === step.group && row.pid !== step.pid), ...descendantsOf(roots, table)];
  const fresh = found.filter((row) => row.state !== 'Z' && seen.get(row.pid)?.start !== row.start);
  if (!fresh.length) return [...seen.values()];
  for (const row of fresh) seen.set(row.pid, { pid: row.pid, start: row.start });
  // The dead can be left out: they never come back under the same start time.
  const kept = [...seen.values()].filter((one) => isAlive(one));
  writeFileAtomic(stepFiles(dir).seen, JSON.stringify(kept));
  return kept;
}

/** The descendants that any host saw while the step ran. */
export function seenDescendants(dir: string): ProcessIdentity[] {
  try {
    const value: unknown = JSON.parse(readFileSync(stepFiles(dir).seen, 'utf8'));
    return Array.isArray(value) ? value.filter(isIdentity) : [];
  } catch {
    return [];
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const one = value as Partial<ProcessIdentity> | null;
  return typeof one?.pid === 'number' && typeof one.start === 'string';
}
