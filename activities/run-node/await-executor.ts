import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../../src/executor-report/json-object.ts';
import type { Execution } from '../../src/executor-report/normalise.ts';
import { reportTokens } from '../../src/executor-report/tokens.ts';
import { replaced } from '../../system/replaced.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { missingExecutor } from '../executor/resolve-executor.ts';
import { startBeating, withoutExecutor } from './beat.ts';
import type { NodeHost, NodeTimings } from './host.ts';
import { readTail } from './read-file.ts';
import type { Step } from './steps.ts';

const lookEveryMs = 250;
const maxEvents = 256 * 1024 * 1024;

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

/**
 * Whether the shipped executor never began in a step, since parts of it were not there, or not yet: an upgrade was under way. Nothing is paid then.
 * One that a signal ended, or that told of its run, did begin, whatever stands on its stderr.
 */
export function neverLoaded({ host, files }: NodeContext, { dispatchId }: Pick<Step, 'dispatchId'>, execution: Execution): boolean {
  const { report, exitCode, signal, stderr, stdout } = execution;
  if (!host.executor.shipped || exitCode === 0 || signal !== undefined) return false;
  if (!report) return stdout.trim() === '' && stderr.includes('ERR_MODULE_NOT_FOUND') && !toldOf(files, dispatchId);
  return reportTokens(report) === null && /^Cannot find (module|package) '.+ imported from /.test(String(at(report, 'error', 'message')));
}

interface NodeContext {
  host: Pick<NodeHost, 'executor'>;
  files: Pick<NodeFiles, 'events'>;
}

// The first event of a run names its dispatch; those of earlier steps stand before it.
function toldOf({ events }: NodeContext['files'], dispatchId: string): boolean {
  return readTail(events, maxEvents).includes(JSON.stringify(dispatchId));
}
