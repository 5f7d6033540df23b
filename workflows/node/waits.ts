import type { NodeRequest } from '../../schemas/node.ts';
import type { NodeChanges } from '../../schemas/run-control.ts';

/** How an attempt waited for its provider so far. */
export interface AttemptWaits {
  /** Dispatches of this attempt that were held. */
  held: number;
  /** Those among them that waited for passing trouble. */
  brief: number;
  /** How often a person had this attempt started anew (CTRL-05), and whether that was asked of the dispatch that has just ended. */
  restarts: number;
  restarting: boolean;
  /** With what it is to start anew; undefined = as before. */
  changes: NodeChanges | undefined;
  /** Whether the dispatch under way was handed out: until then nothing is used. */
  sent: boolean;
  /** The tree in which the held dispatch worked. */
  worktree: NodeRequest['worktree'];
}

/** @param restarts those so far, when the attempt begins anew */
export function noWaits(restarts = 0): AttemptWaits {
  return { held: 0, brief: 0, restarts, restarting: false, changes: undefined, sent: false, worktree: undefined };
}
