// No zod here: the workflow bundle takes these in.
import type { LimitName } from './limit-names.ts';
import type { LimitValues, OperatorLimits, Usage } from './limits.ts';

/** The finer states that a run can be in while it is open, as the run itself knows them (features.md section 2.1). */
export const liveStates = ['running', 'pausing', 'paused', 'parked', 'stopping', 'stopped'] as const;
export type LiveState = (typeof liveStates)[number];

/** The scope that covers every node. */
export const wholeRun = 'run';

/** Why something is parked: nothing of its scope is dispatched until it is lifted. */
export interface Park {
  reason: 'limit' | 'quota' | 'rate' | 'auth';
  /** What may not start: {@link wholeRun}, else one of the scopes that a node has (workflows/control/scopes.ts). */
  scope: string;
  /** The provider that refused, and a name for the account that was used. */
  provider?: string;
  account?: string;
  /** ISO time when it is to be lifted; absent = when somebody lifts it. */
  until?: string;
  /** Whether `until` was reported by who knows, or is a guess. */
  source?: 'reported' | 'estimated';
  /** For programs: `LIMIT_TOKENS` and the like. */
  code?: string;
  /** What happened, in one sentence. */
  message?: string;
  /** The command, or the deed, that lets the run go on. */
  fix?: string;
}

/** Name of the Temporal update that carries a {@link ControlRequest} to an open run. */
export const controlUpdate = 'odw_control';

/** What a person, or a program, asks of an open run. `by` says who, for the journal. */
export type ControlRequest =
  | { command: 'pause' | 'unpause' }
  | { command: 'limits'; scope: string; changes: LimitChanges }
  | { command: 'node'; action: 'stop'; node: string }
  | { command: 'node'; action: 'restart'; node: string; changes?: NodeChanges };

/** What a node that is started anew is to be asked, where that differs from before (CTRL-05). The model `inherit` is the runtime's own. */
export interface NodeChanges {
  model?: string;
  effort?: string;
  prompt?: string;
}

/** Limits that are to hold from now on; null lifts one, absent leaves it as it is. None at all only asks. */
export type LimitChanges = { [name in LimitName | 'concurrency']?: number | null | undefined } & {
  wallTimeCounts?: 'total' | null | undefined;
  allowUnpriced?: boolean | undefined;
  onLimit?: OperatorLimits['onLimit'];
};

/** The limits of a scope, and what was used there. */
export interface LimitsView {
  scope: string;
  /** Of a node: the key that it has now, and its label. The scope keeps the key under which it began. */
  key?: string;
  label?: string;
  limits: LimitValues;
  usage: Usage;
}

/** What the run says to it. `changed` is false when it was so already. */
export interface ControlAnswer {
  ok: boolean;
  changed: boolean;
  state: LiveState;
  /** Set when `ok` is false. */
  code?: string;
  message?: string;
  parked?: Park[];
  /** Answer to `limits`: the run, then what it is limited in beside. */
  limits?: LimitsView[];
  /** Limits that are still reached, of those that parked something, as they are now. `unpause` leaves their scopes as they are. */
  reached?: { scope: string; code: string; message: string }[];
}
