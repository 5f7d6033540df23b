import * as z from 'zod';

const amount = z.number().nonnegative();

/** What may be limited, in the whole run, in a phase, at a provider, or in a node (LIMIT-01). Money is USD, time seconds. */
export const limitValues = z.object({
  agents: amount.optional(),
  tokens: amount.optional(),
  outputTokens: amount.optional(),
  money: amount.optional(),
  retries: amount.optional(),
  /** Nodes that may fail: one more ends the run (RUN-04). */
  failures: amount.optional(),
  wallTime: amount.optional(),
  /** Time in which the run was paused or parked counts too; absent = it does not (LIMIT-04). */
  wallTimeCounts: z.literal('total').optional(),
  /** Nodes at once: never trips, others wait. */
  concurrency: amount.optional(),
});
export type LimitValues = z.infer<typeof limitValues>;

/** `meta.limits` of a script. */
export const scriptLimits = limitValues.extend({
  phases: z.record(z.string(), limitValues).optional(),
  providers: z.record(z.string(), limitValues).optional(),
});
export type ScriptLimits = z.infer<typeof scriptLimits>;

/** Limits that the operator sets by flags. `concurrency` is among them only where `raise` is: else it is an option of the run. */
export const operatorLimits = limitValues.omit({ agents: true }).extend({
  /** The flags win over the script also where they are higher. */
  raise: z.boolean().optional(),
  /** What happens at a limit: the run parks (default, but for `failures`), or ends as failed. */
  onLimit: z.enum(['park', 'stop']).optional(),
  /** A limit on money also holds for agents whose price nobody knows. */
  allowUnpriced: z.boolean().optional(),
});
export type OperatorLimits = z.infer<typeof operatorLimits>;

/** What an attempt cost. Absent on an outcome = nobody knows. An estimate says from which prices it is, and of which date they are. */
export const cost = z.object({
  usd: z.number().nonnegative(),
  basis: z.enum(['measured', 'estimated']),
  source: z.string().optional(),
  asOf: z.string().optional(),
});
export type Cost = z.infer<typeof cost>;

/** What was used so far (MONEY-03). An amount that nobody knows is counted apart, never as 0. */
export const usage = z.object({
  agents: z.number(),
  retries: z.number(),
  /** Nodes that failed; those that a person stopped are not among them. A resumed run begins at 0 again. Runs of older versions do not tell. */
  failures: z.number().default(0),
  /** Seconds since the run began, and those of them in which it was paused or parked; of the runs that it resumed too. */
  wallTime: z.number().default(0),
  heldTime: z.number().default(0),
  tokens: z.number(),
  outputTokens: z.number(),
  /** Attempts whose executor told no tokens: the sums are lower bounds. */
  unmetered: z.number(),
  /** Attempts whose executor told tokens without a split: all of theirs count as output. */
  unsplit: z.number(),
  /** USD as the vendors said, and as reckoned from a price list; attempts of unknown price. */
  money: z.object({ measured: z.number(), estimated: z.number(), unpriced: z.number() }),
});
export type Usage = z.infer<typeof usage>;
