import { writeFileOnce } from '../../system/files.ts';
import { descendantsOf, isAlive, readProcessTable, type ProcessIdentity } from '../../system/process-table.ts';
import { seenDescendants } from '../executor/descendants.ts';
import { inspectNode } from '../executor/inspect.ts';
import { stepFiles } from '../executor/node-files.ts';
import { liveSteps } from './end-executors.ts';

/**
 * SIGKILL to every live executor of a run and all its descendants, without waiting for anything: for a host that must be gone at once. The
 * next host goes on with their nodes (EXEC-13).
 */
export function killExecutors(runDir: string): void {
  const table = readProcessTable();
  for (const dir of liveSteps(runDir)) {
    const status = inspectNode(dir);
    if (typeof status !== 'object' || !('running' in status)) continue;
    const { pid, group } = status.running;
    writeFileOnce(stepFiles(dir).interrupted, `${new Date().toISOString()}\n`);
    const seen = seenDescendants(dir).filter(isAlive);
    const roots = [pid, ...seen.map((one) => one.pid), ...table.filter((row) => row.group === group).map((row) => row.pid)];
    for (const one of [...table.filter((row) => row.group === group), ...seen, ...descendantsOf(roots, table)]) kill(one);
  }
}

function kill(one: ProcessIdentity): void {
  if (one.pid <= 1 || one.pid === process.pid || !isAlive(one)) return;
  try {
    process.kill(one.pid, 'SIGKILL');
  } catch {
    // gone between the look and the signal
  }
}
