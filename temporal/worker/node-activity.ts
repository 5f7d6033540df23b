import { Context } from '@temporalio/activity';
import { runNode, type NodeHost } from '../../activities/run-node/run-node.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';

/** The Temporal activity around {@link runNode}: heartbeats, and the rule that only a cancel request ends an executor (DESIGN D5). */
export function nodeActivity(executor: NodeHost['executor']): (request: NodeRequest) => Promise<NodeOutcome> {
  return (request) => {
    const context = Context.current();
    return runNode(request, {
      activityId: context.info.activityId,
      executor,
      heartbeat: (details) => context.heartbeat(details),
      cancelled: context.cancellationSignal,
      cancelReason: () => (context.cancellationDetails?.cancelRequested ? 'stop' : 'leave'),
    });
  };
}
