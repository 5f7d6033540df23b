import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import { clearRun } from '../../activities/run-node/clear-run.ts';
import { hasBegun } from '../../activities/run-node/has-begun.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { tryLock } from '../../system/lock-file.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { findMismatch } from '../../temporal/run/fits.ts';
import { readKeptNodes, reusableOf, type KeptNode } from '../../temporal/run/kept-results.ts';
import { unplayablePrefix } from '../../temporal/worker/watchdog.ts';
import { closeUnplayed } from '../runs/complete.ts';
import type { RunPlan } from './plan.ts';
import type { RecordedRun } from './recorded.ts';

/**
 * Closes an open run that nobody hosts and that this version's workflow code cannot go on with, after an upgrade (DESIGN D3): what its
 * executors are doing is brought to its end first, so that a new run of the lineage takes all of it over.
 *
 * @returns lines for people; undefined when this version can go on with the run
 */
export async function closeUnplayable(client: Client, plan: RunPlan): Promise<string[] | undefined> {
  const { runId, runDir } = plan.recorded as RecordedRun;
  const handle = client.workflow.getHandle(runId);
  const history = await handle.fetchHistory();
  const cause = await findMismatch(history, runId, blobDataConverter());
  if (cause === undefined) return undefined;
  const lock = tryLock(join(runDir, 'host.lock'));
  // Another process takes the run up in this moment.
  if (!('release' in lock)) return undefined;
  try {
    const waited = await endNodes(await readKeptNodes(client, runId, history), plan);
    await handle.terminate(`${unplayablePrefix}${cause}`);
    const left = await clearRun({ root: plan.root, runId, runDir });
    await closeUnplayed(client, { runId, runDir });
    const results = Object.keys(reusableOf(await readKeptNodes(client, runId, history))).length;
    return [
      `this version cannot go on with run ${runId}, for its workflow code differs from what made the history: the run is closed, and a new one reuses its ${results} finished nodes`,
      ...(waited > 0 ? [`${waited} executors of it were at work or had just ended: their results are among these`] : []),
      ...left,
    ];
  } finally {
    lock.release();
  }
}

// As the run itself would have done: a live executor is waited for, a dead one goes on in its session. What never began is left alone.
async function endNodes(nodes: readonly KeptNode[], plan: RunPlan): Promise<number> {
  const executor = resolveExecutor(process.env, plan.executor);
  const begun = nodes.filter(({ request, activityId, outcome }) => outcome === undefined && hasBegun(request.runDir, activityId));
  const never = new AbortController().signal;
  await Promise.all(
    begun.map(({ request, activityId }) =>
      // A node that fails here runs again in the new run.
      runNode(request, { activityId, executor, heartbeat: () => {}, cancelled: never, cancelReason: () => 'leave' }).catch(() => undefined),
    ),
  );
  return begun.length;
}
