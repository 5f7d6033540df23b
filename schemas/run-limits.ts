import type { OperatorLimits } from './limits.ts';

/** Limits of a run that may be changed while it is open (RES-02). Absent: as it was. */
export type RunLimits = {
  /** Total tokens. */
  budget?: number;
  /** Most nodes at once. */
  concurrency?: number;
  /** Limits of the whole run, as the flags say them. */
  limits?: OperatorLimits;
};

/** Name of the Temporal signal that carries {@link RunLimits} to a run. */
export const limitsSignal = 'odw_limits';
