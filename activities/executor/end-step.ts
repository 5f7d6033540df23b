import { isAlive } from '../../system/process-table.ts';
import { terminateTree } from '../../system/terminate.ts';
import { rememberDescendants, seenDescendants } from './descendants.ts';
import { inspectNode, type RunningStep } from './inspect.ts';

/**
 * Ends a step's processes: SIGTERM to the supervisor's group, its descendants and those seen earlier, after `graceMs` SIGKILL.
 * Also ends what an already finished step left running. Does nothing when all are gone.
 *
 * @param known the supervisor, for a step whose folder does not tell any more
 */
export async function endStep(dir: string, graceMs: number, known?: RunningStep): Promise<void> {
  const told = inspectNode(dir);
  const status = told === 'none' && known && isAlive(known) ? { running: known } : told;
  if (typeof status === 'object' && 'running' in status) {
    const { running } = status;
    await terminateTree([running], { graceMs, groups: [running.group], also: rememberDescendants(dir, running) });
  } else {
    await terminateTree([], { graceMs, also: seenDescendants(dir) });
  }
}
