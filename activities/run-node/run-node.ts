import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { nodeFiles } from '../executor/node-files.ts';
import type { NodeHost } from './host.ts';
import { readOutcome, writeOutcome } from './outcome-file.ts';
import { runMock } from './run-mock.ts';
import { runProcess } from './run-process.ts';

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
  if (request.backend === 'mock' && !request.worktree) return runMock(request, host, undefined);
  const files = nodeFiles(request.runDir, host.activityId);
  const done = readOutcome(files.outcome);
  if (done) return { ...done, taken: 'finished' };
  const finish = await runProcess(request, host, files, request.root);
  const outcome = finish(false);
  writeOutcome(files.outcome, outcome);
  return outcome;
}
