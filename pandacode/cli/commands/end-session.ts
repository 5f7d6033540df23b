import { setTimeout as sleep } from 'node:timers/promises';
import { terminateTree } from '../../../system/terminate.ts';
import { endOrphans } from '../../run/end-orphans.ts';
import { identityIsAlive, readIdentity } from '../../run/run-identity.ts';
import { readRecord, saveRecord } from '../../state/session-record.ts';
import type { SessionTarget } from '../session-target.ts';

/** Longer than the grace that a run gives its own children. */
const patienceMs = 10_000;

/**
 * Ends the live run of a session: its pandacode process is asked to, and ended together with its descendants when it does
 * not. `interrupt` leaves the session idle, `stop` marks it stopped; both can be resumed.
 */
export async function endSession(target: SessionTarget, action: 'interrupt' | 'stop'): Promise<Record<string, unknown>> {
  const { runtime, session, stateDir, paths } = target;
  const identity = readIdentity(paths.identity);
  const notes: string[] = [];
  const isRunning = identity !== undefined && identityIsAlive(identity);
  if (!isRunning) {
    notes.push('nothing was running');
    if (identity) await endOrphans(identity);
  } else {
    askToEnd(identity.pid);
    const deadline = Date.now() + patienceMs;
    while (identityIsAlive(identity) && Date.now() < deadline) await sleep(50);
    if (identityIsAlive(identity)) {
      notes.push('the run did not end when asked; it was killed');
      await terminateTree([{ pid: identity.pid, start: identity.start_id }], { graceMs: 1000 });
      await endOrphans(identity);
    }
  }
  const record = readRecord(stateDir, runtime.name, session) ?? target.record;
  // An interrupt that met no run changes nothing: a session that waits for an answer still waits.
  const isOver = !isRunning && record.state !== 'running';
  record.state = action === 'stop' ? 'stopped' : isOver ? record.state : 'idle';
  saveRecord(stateDir, record);
  return { ok: true, state: record.state, runtime: runtime.name, action, session, record, notes };
}

function askToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it ended in this very moment
  }
}
