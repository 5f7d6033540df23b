import type { LimitName, LimitValues, OperatorLimits, ScriptLimits } from '../../schemas/limits.ts';

/** The limits of the whole run: the lower of what script and operator say; with `raise` the operator's word alone counts (LIMIT-01). */
export function combineLimits(script: ScriptLimits | undefined, operator: OperatorLimits | undefined): LimitValues {
  const combined: LimitValues = {};
  for (const name of ['agents', 'tokens', 'outputTokens', 'money', 'retries', 'wallTime'] as const satisfies readonly LimitName[]) {
    const own = script?.[name];
    const given = name === 'agents' ? undefined : operator?.[name];
    const value = own === undefined || given === undefined ? (given ?? own) : operator?.raise ? given : Math.min(own, given);
    if (value !== undefined) combined[name] = value;
  }
  return combined;
}
