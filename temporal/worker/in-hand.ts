import type { Worker } from '@temporalio/worker';

/** What a worker knows of what it has in hand. */
export interface TasksInHand {
  /** Whether it runs this node. */
  hasNode(workflowId: string, activityId: string): boolean;
  /** Whether it plays a workflow, or something on behalf of one, at this moment. */
  isPlaying(): boolean;
}

/** The nodes that run in this process. */
export class NodesInHand {
  private readonly counts = new Map<string, number>();

  /** Counts a node that starts (1) or ends (-1). A node may be here twice: told to leave, and handed out anew. */
  count(workflowId: string, activityId: string, change: 1 | -1): void {
    const key = `${workflowId} ${activityId}`;
    const count = (this.counts.get(key) ?? 0) + change;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
  }

  has(workflowId: string, activityId: string): boolean {
    return this.counts.has(`${workflowId} ${activityId}`);
  }

  isEmpty(): boolean {
    return this.counts.size === 0;
  }
}

/** What a worker has in hand, asked whenever that is looked at. */
export function tasksInHand(worker: () => Pick<Worker, 'getStatus'>, nodes: NodesInHand): TasksInHand {
  return {
    hasNode: (workflowId, activityId) => nodes.has(workflowId, activityId),
    isPlaying() {
      const { numInFlightWorkflowActivations, numInFlightLocalActivities } = worker().getStatus();
      return numInFlightWorkflowActivations + numInFlightLocalActivities > 0;
    },
  };
}
