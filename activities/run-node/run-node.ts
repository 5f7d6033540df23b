import { existsSync } from 'node:fs';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { nothingUsed } from '../../src/node/nothing-used.ts';
import { nodeFiles, type NodeFiles } from '../executor/node-files.ts';
import { cancelledFailure } from './executor-failures.ts';
import type { NodeHost } from './host.ts';
import { nodeLeft } from './node-left.ts';
import { readOutcome, writeOutcome } from './outcome-file.ts';

export type { NodeHost } from './host.ts';

/**
 * Carries out one dispatch of a node, or takes up what an earlier host left of it. Doing it again, on any host, with the same
 * activity id never repeats finished work: a finished outcome is returned, a live executor waited for, a dead one continued.
 *
 * Failures of the executor are values in the outcome.
 *
 * @throws `node-left` when the host is to stop waiting and leave everything; other errors mean that this machine cannot do its part
 */
export async function runNode(request: NodeRequest, host: NodeHost): Promise<NodeOutcome> {
  // Parts are loaded when first needed: a mock run needs neither git nor executors, and start-up is what it consists of.
  if (request.backend === 'mock' && !request.worktree) return mock(request, host, undefined);
  const files = nodeFiles(request.runDir, host.activityId);
  const done = readOutcome(files.outcome);
  if (done)
    return { ...(await import('./in-worktree.ts').then(({ removeTree }) => removeTree(files, done))), taken: request.backend === 'mock' ? 'mock' : 'finished' };
  if (host.cancelled.aborted && !existsSync(files.dir)) return unstarted(host);
  if (!request.worktree) return withoutWorktree(request, host, files);
  const { inWorktree } = await import('./in-worktree.ts');
  return inWorktree(request, request.worktree, host, files, (cwd) => work(request, host, files, cwd));
}

async function withoutWorktree(request: NodeRequest, host: NodeHost, files: NodeFiles): Promise<NodeOutcome> {
  const finish = await work(request, host, files, request.root);
  const outcome = finish(false);
  await writeOutcome(files.outcome, outcome);
  return outcome;
}

async function work(request: NodeRequest, host: NodeHost, files: NodeFiles, cwd: string): Promise<(changed: boolean) => NodeOutcome> {
  if (request.backend === 'mock') {
    const outcome = await mock(request, host, cwd);
    return () => outcome;
  }
  const [{ runProcess }, { inSlot }] = await Promise.all([import('./run-process.ts'), import('./in-slot.ts')]);
  return inSlot(request, host, files, (watched) => runProcess(request, watched, files, cwd));
}

async function mock(request: NodeRequest, host: NodeHost, cwd: string | undefined): Promise<NodeOutcome> {
  const { runMock } = await import('./run-mock.ts');
  const outcome = await runMock(request, host, cwd);
  return request.hold === undefined ? outcome : (await import('./hold.ts')).holdFailure(request, outcome);
}

function unstarted(host: NodeHost): NodeOutcome {
  if (host.cancelReason() === 'leave') throw nodeLeft(host.activityId);
  return { status: 'failed', value: null, isText: false, failure: cancelledFailure(), tokens: null, ...nothingUsed, taken: 'started', events: [] };
}
