import { setTimeout as sleep } from 'node:timers/promises';
import { debugPoint } from '../../system/debug-point.ts';
import type { NodesInHand } from '../worker/in-hand.ts';
import { leaveGraceMs } from '../worker/run-worker.ts';

/** Milliseconds in which a server that answers is told of nodes that have ended. What it was not told stands in the files of the nodes. */
const tellMs = 2000;
const lookEveryMs = 50;

export interface LeaveTimes {
  /** Milliseconds that nodes get to end, at most. */
  nodesMs: number;
  /** Milliseconds that the worker gets once no node is left in it. Default 2000. */
  tellMs?: number;
}

/**
 * Ends the executors of a run that its host leaves open (CLI-04): no new dispatch, a grace time for what runs, then an end that keeps sessions
 * and worktrees for the next host. Waits until the worker has let go of them.
 */
export async function leaveRun(runDir: string, running: Promise<void>, nodes: Pick<NodesInHand, 'isEmpty'>, times: LeaveTimes): Promise<void> {
  const { endExecutors } = await import('../../activities/run-node/end-executors.ts');
  await endExecutors(runDir, { resumable: true, finishMs: leaveGraceMs });
  debugPoint('after-leave');
  await untilLeft(running, nodes, times);
}

/** Waits for the end of a worker that shuts down. One whose server is gone would go on for long with telling it of nodes that have ended. */
export async function untilLeft(running: Promise<void>, nodes: Pick<NodesInHand, 'isEmpty'>, times: LeaveTimes): Promise<void> {
  let hasEnded = false;
  const end = () => void (hasEnded = true);
  const ended = running.then(end, end);
  const deadline = Date.now() + times.nodesMs;
  for (let busyAt = Date.now(); !hasEnded && Date.now() < Math.min(deadline, busyAt + (times.tellMs ?? tellMs));) {
    await Promise.race([ended, sleep(lookEveryMs)]);
    if (!nodes.isEmpty()) busyAt = Date.now();
  }
}
