import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, isAlive, readProcessTable, type ProcessIdentity } from './process-table.ts';

export interface TerminateOptions {
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  graceMs?: number;
  /** Further processes to end: descendants seen earlier that were re-parented since. */
  also?: Iterable<ProcessIdentity>;
  /** Process groups whose members are ended too. */
  groups?: Iterable<number>;
}

/**
 * Ends processes and every descendant: collects them before the first signal, SIGTERM to all,
 * waits up to the grace time, collects again, SIGKILL to all that are still the same process.
 * A group signal alone is not enough: agents' shells start sessions of their own.
 *
 * @returns the identities that had to be killed with SIGKILL
 */
export async function terminateTree(roots: Iterable<ProcessIdentity>, options: TerminateOptions = {}): Promise<ProcessIdentity[]> {
  const rootList = [...roots].filter(isAlive);
  const groups = new Set(options.groups ?? []);
  const targets = new Map<number, ProcessIdentity>();
  const collect = () => {
    const table = readProcessTable();
    const known = [...rootList, ...(options.also ?? []), ...targets.values()].filter(isAlive);
    for (const row of table) if (groups.has(row.group) && row.state !== 'Z') known.push(row);
    for (const one of [
      ...known,
      ...descendantsOf(
        known.map((k) => k.pid),
        table,
      ),
    ]) {
      if (one.pid !== process.pid && one.pid > 1) targets.set(one.pid, { pid: one.pid, start: one.start });
    }
  };
  collect();
  signalAll(targets.values(), 'SIGTERM');
  const deadline = Date.now() + (options.graceMs ?? 5000);
  while ([...targets.values()].some(isAlive) && Date.now() < deadline) await sleep(25);
  collect();
  const stubborn = [...targets.values()].filter(isAlive);
  signalAll(stubborn, 'SIGKILL');
  const killDeadline = Date.now() + 2000;
  while (stubborn.some(isAlive) && Date.now() < killDeadline) await sleep(10);
  return stubborn;
}

function signalAll(identities: Iterable<ProcessIdentity>, signal: NodeJS.Signals): void {
  for (const identity of identities) {
    if (!isAlive(identity)) continue;
    try {
      process.kill(identity.pid, signal);
    } catch {
      // gone between the look and the signal
    }
  }
}
