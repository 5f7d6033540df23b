import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../../src/executor-report/json-object.ts';
import type { Execution } from '../../src/executor-report/normalise.ts';
import { reportTokens } from '../../src/executor-report/tokens.ts';
import { replaced } from '../../system/replaced.ts';
import { missingExecutor } from '../executor/resolve-executor.ts';
import { startBeating, withoutExecutor } from './beat.ts';
import type { NodeHost, NodeTimings } from './host.ts';

const lookEveryMs = 250;

/**
 * Why the executor of a host cannot be started; undefined when it can. One that is shipped with odw was there when the run began: an upgrade is
 * putting it back, so it is waited for.
 *
 * @throws `odw-replaced` when it does not come back
 */
export async function awaitExecutor(host: NodeHost, { replacedMs }: Pick<NodeTimings, 'replacedMs'>): Promise<string | undefined> {
  const missing = missingExecutor(host.executor);
  if (missing === undefined || !host.executor.shipped) return missing;
  const stopBeating = startBeating(host, withoutExecutor('preparing'));
  try {
    for (const deadline = Date.now() + replacedMs; Date.now() < deadline; await sleep(lookEveryMs)) {
      if (host.cancelled.aborted || host.leaving?.aborted || missingExecutor(host.executor) === undefined) return undefined;
    }
  } finally {
    stopBeating();
  }
  throw replaced(missing);
}

/** Whether the shipped executor never began, since parts of it were not there, or not yet: an upgrade was under way. Nothing is paid then. */
export function neverLoaded({ executor }: Pick<NodeHost, 'executor'>, { report, exitCode, stderr, stdout }: Execution): boolean {
  if (!executor.shipped || exitCode === 0) return false;
  if (!report) return stdout.trim() === '' && stderr.includes('ERR_MODULE_NOT_FOUND');
  return reportTokens(report) === null && /^Cannot find (module|package) '.+ imported from /.test(String(at(report, 'error', 'message')));
}
