import { readFileSync, readdirSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../../system/process-table.ts';

/** Variable that every process of a run inherits. It finds those that left the process tree before anyone looked. */
export const markVariable = 'PANDACODE_RUN_MARK';

/** Live processes, other than this one, that carry the mark. Linux only; elsewhere an empty list. */
export function markedProcesses(mark: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  const entry = `${markVariable}=${mark}`;
  const found: ProcessIdentity[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(entry)) continue;
    } catch {
      continue;
    }
    const identity = identify(pid);
    if (identity) found.push(identity);
  }
  return found;
}
