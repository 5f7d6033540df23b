import type { NodeRequest } from '../../schemas/node.ts';

/** How an attempt waited for its provider so far. */
export interface AttemptWaits {
  /** Dispatches of this attempt that were held. */
  held: number;
  /** Those among them that waited for passing trouble. */
  brief: number;
  /** The tree in which the held dispatch worked. */
  worktree: NodeRequest['worktree'];
}

export function noWaits(): AttemptWaits {
  return { held: 0, brief: 0, worktree: undefined };
}
