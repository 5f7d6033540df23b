import * as z from 'zod';

const amount = z.number().nonnegative();

/** What may be limited, in the whole run, in a phase, or at a provider (LIMIT-01). Money is USD, time seconds. */
export const limitValues = z.object({
  agents: amount.optional(),
  tokens: amount.optional(),
  outputTokens: amount.optional(),
  money: amount.optional(),
  retries: amount.optional(),
  wallTime: amount.optional(),
});
export type LimitValues = z.infer<typeof limitValues>;
export type LimitName = keyof LimitValues;

/** `meta.limits` of a script. */
export const scriptLimits = limitValues.extend({
  concurrency: amount.optional(),
  phases: z.record(z.string(), limitValues).optional(),
  providers: z.record(z.string(), limitValues).optional(),
});
export type ScriptLimits = z.infer<typeof scriptLimits>;

/** Limits that the operator sets by flags. */
export const operatorLimits = limitValues.omit({ agents: true }).extend({
  /** The flags win over the script also where they are higher. */
  raise: z.boolean().optional(),
  /** What happens at a limit: the run parks (default), or ends as failed. */
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
