import { terminateTree } from '../../system/terminate.ts';
import { markedProcesses } from '../process/marked-processes.ts';
import { livingChildren, type RunIdentity } from './run-identity.ts';

/** Ends the processes that a dead pandacode left behind. @returns how many there were */
export async function endOrphans(identity: RunIdentity, graceMs = 2000): Promise<number> {
  const left = new Map([...livingChildren(identity), ...(identity.mark ? markedProcesses(identity.mark) : [])].map((one) => [one.pid, one]));
  if (left.size > 0) await terminateTree(left.values(), { graceMs });
  return left.size;
}
