import { Context } from '@temporalio/activity';
import { runNode, type NodeHost } from '../../activities/run-node/run-node.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { isDiskFull } from '../../system/disk-full.ts';
import { isReplaced } from '../../system/replaced.ts';
import { debugPoint } from '../../system/debug-point.ts';

export interface NodeActivityOptions {
  /** The executor of a run's nodes. A rejection means that this machine cannot do the node; another one may. */
  executorOf: (request: NodeRequest) => NodeHost['executor'] | Promise<NodeHost['executor']>;
  /** Whether a run has closed: then what still runs for it is ended, not left. Asked only when a node is to stop. */
  isClosed: (runId: string) => boolean | Promise<boolean>;
  /** Aborted when this process is about to go away. */
  leaving?: AbortSignal | undefined;
  /** Told of each node, and of each preparation for one, that starts (1) and ends (-1) here. */
  onNode?: (runId: string, change: 1 | -1, activityId: string) => void;
  /** Told when a node cannot write its files since the disk is full; the server hands it out again, and nothing that is finished is done twice. */
  onDiskFull?: (request: NodeRequest, error: unknown) => void;
  /** Told when a part of odw is gone (`odw-replaced`): the activity is tried again, which only another process can do. */
  onReplaced?: (error: unknown) => void;
}

/** The Temporal activity around {@link runNode}: heartbeats, and the rule that only a cancel request or the run's end ends an executor (DESIGN D5). */
export function nodeActivity({
  executorOf,
  isClosed,
  leaving,
  onNode = () => {},
  onDiskFull,
  onReplaced,
}: NodeActivityOptions): (request: NodeRequest) => Promise<NodeOutcome> {
  return async (request) => {
    const context = Context.current();
    let closed = false;
    const cancelled = new AbortController();
    const cancel = async () => {
      closed = await isClosed(request.runId);
      cancelled.abort(context.cancellationSignal.reason);
    };
    context.cancellationSignal.addEventListener('abort', () => void cancel(), { once: true });
    if (context.cancellationSignal.aborted) await cancel();
    onNode(request.runId, 1, context.info.activityId);
    try {
      const outcome = await runNode(request, {
        activityId: context.info.activityId,
        executor: await executorOf(request),
        heartbeat: (details) => context.heartbeat(details),
        cancelled: cancelled.signal,
        leaving,
        cancelReason: () => (closed || context.cancellationDetails?.cancelRequested ? 'stop' : 'leave'),
      });
      debugPoint('before-node-result');
      return outcome;
    } catch (error) {
      if (isDiskFull(error)) onDiskFull?.(request, error);
      if (isReplaced(error)) onReplaced?.(error);
      throw error;
    } finally {
      onNode(request.runId, -1, context.info.activityId);
    }
  };
}

/** The activities that prepare nodes: as they are, but told of like nodes, so that one whose answer got lost is missed. */
export function preparing<Activities extends Record<string, (request: never) => Promise<unknown>>>(
  activities: Activities,
  { onNode = () => {}, onReplaced }: Pick<NodeActivityOptions, 'onNode' | 'onReplaced'>,
): Activities {
  const counted = Object.entries(activities).map(([name, act]) => {
    const activity = async (request: never) => {
      const { workflowExecution, activityId } = Context.current().info;
      const runId = workflowExecution?.workflowId ?? '';
      onNode(runId, 1, activityId);
      try {
        return await act(request);
      } catch (error) {
        if (isReplaced(error)) onReplaced?.(error);
        throw error;
      } finally {
        onNode(runId, -1, activityId);
      }
    };
    return [name, activity];
  });
  return Object.fromEntries(counted) as Activities;
}
