import type { Executor } from '../executor/resolve-executor.ts';

/** Why a node is to stop waiting: `stop` ends its executor, `leave` lets it live for the next host. */
export type CancelReason = 'stop' | 'leave';

/** What `runNode` needs from whoever hosts it: Temporal, or a test. */
export interface NodeHost {
  /** Names the node's folder: the same for every host that takes up this dispatch. */
  activityId: string;
  executor: Executor;
  /** Called from a timer with evidence of progress. Must not throw. */
  heartbeat(details: NodeEvidence): void;
  cancelled: AbortSignal;
  /** Aborted when the host is about to go away: nothing new is started, and what others ended in that moment goes on later. */
  leaving?: AbortSignal | undefined;
  /** Read only once `cancelled` is aborted. */
  cancelReason(): CancelReason;
  timings?: Partial<NodeTimings>;
}

/** What an executor's files show, for heartbeats. Never a reason to end it. */
export interface NodeEvidence {
  state: 'preparing' | 'queued' | 'running' | 'capturing';
  /** Process id of the supervisor. */
  pid?: number;
  /** Number of the step, from 1, and what it is. */
  step?: number;
  action?: string;
  outBytes: number;
  errBytes: number;
  eventsBytes: number;
  /** Type of the newest event, and the newest tool, when the executor writes events. */
  lastEvent?: string;
  lastTool?: string;
  tokens?: number;
  /** The vendor has answered something. */
  answered?: true;
  /** Until when the vendor last told the executor to wait, epoch milliseconds. */
  throttledUntilMs?: number;
  /** Milliseconds since something last grew. */
  idleMs: number;
  /** True when nothing grew for `stallAfterMs` (LIVE-01). */
  stale: boolean;
}

/** All in milliseconds. */
export interface NodeTimings {
  /** Between two heartbeats. */
  heartbeatMs: number;
  /** Silence after which a node is marked stale. */
  stallAfterMs: number;
  /** Between two looks whether the processes live. */
  livenessMs: number;
  /** Between two looks for new descendants. */
  descendantsMs: number;
  /** What an executor may take beyond its limit to end by itself (EXEC-11). */
  limitGraceMs: number;
  /** Between SIGTERM and SIGKILL. */
  killGraceMs: number;
  /** How long a host waits for a supervisor that another one may just have started. */
  settleMs: number;
  /** How long after the end of an executor that others ended the host may still learn that it is to leave itself. */
  leaveMs: number;
  /** How long the executor that is shipped with odw may be away while an upgrade replaces it. */
  replacedMs: number;
}

export const DEFAULT_TIMINGS: NodeTimings = {
  heartbeatMs: 500,
  stallAfterMs: 300_000,
  livenessMs: 2000,
  descendantsMs: 3000,
  limitGraceMs: 10_000,
  killGraceMs: 5000,
  settleMs: 200,
  leaveMs: 1000,
  replacedMs: 60_000,
};
