import { Context } from '@temporalio/activity';
import { runNode, type NodeHost } from '../../activities/run-node/run-node.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';

export interface NodeActivityOptions {
  executor: NodeHost['executor'];
  /** Whether the run is known to have closed: then what still runs for it is ended, not left. */
  isClosed: () => boolean;
}

/** The Temporal activity around {@link runNode}: heartbeats, and the rule that only a cancel request or the run's end ends an executor (DESIGN D5). */
export function nodeActivity({ executor, isClosed }: NodeActivityOptions): (request: NodeRequest) => Promise<NodeOutcome> {
  return (request) => {
    const context = Context.current();
    return runNode(request, {
      activityId: context.info.activityId,
      executor,
      heartbeat: (details) => context.heartbeat(details),
      cancelled: context.cancellationSignal,
      cancelReason: () => (isClosed() || context.cancellationDetails?.cancelRequested ? 'stop' : 'leave'),
    });
  };
}
