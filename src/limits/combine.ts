import { limitNames } from '../../schemas/limit-names.ts';
import type { LimitValues, OperatorLimits, ScriptLimits } from '../../schemas/limits.ts';

/** The limits of the whole run, its width left out: the lower of what script and operator say; with `raise` the operator's word alone counts (LIMIT-01). */
export function combineLimits(script: ScriptLimits | undefined, operator: OperatorLimits | undefined): LimitValues {
  const combined: LimitValues = {};
  for (const name of limitNames) {
    const own = script?.[name];
    const given = name === 'agents' ? undefined : operator?.[name];
    const value = own === undefined || given === undefined ? (given ?? own) : operator?.raise ? given : Math.min(own, given);
    if (value !== undefined) combined[name] = value;
  }
  // The stricter way of counting, as the lower limit.
  const asSaid = operator?.raise && operator.wallTime !== undefined ? operator.wallTimeCounts : (operator?.wallTimeCounts ?? script?.wallTimeCounts);
  if (asSaid) combined.wallTimeCounts = asSaid;
  return combined;
}

/** What was decided before, with newer flags over it. What counts as time is said together with the time. */
export function withFlags<Limits extends OperatorLimits>(before: Limits | undefined, flags: Limits | undefined): Limits {
  const whole = { ...before, ...flags } as Limits;
  if (flags?.wallTime !== undefined && flags.wallTimeCounts === undefined) delete whole.wallTimeCounts;
  return whole;
}
