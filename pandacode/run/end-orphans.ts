import { terminateTree } from '../../system/terminate.ts';
import { markedProcesses } from '../process/marked-processes.ts';
import { livingChildren, type RunIdentity } from './run-identity.ts';

const mostRounds = 20;

/** Ends the processes that a dead pandacode left behind, also what they start meanwhile. @returns how many there were at first */
export async function endOrphans(identity: RunIdentity, graceMs = 2000): Promise<number> {
  const left = orphans(identity);
  let rest = left;
  for (let round = 0; rest.size > 0 && round < mostRounds; round++) {
    await terminateTree(rest.values(), { graceMs: round === 0 ? graceMs : 0 });
    rest = orphans(identity);
  }
  return left.size;
}

function orphans(identity: RunIdentity) {
  return new Map([...livingChildren(identity), ...(identity.mark ? markedProcesses(identity.mark) : [])].map((one) => [one.pid, one]));
}
