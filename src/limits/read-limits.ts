import type { LimitName, LimitValues, ScriptLimits } from '../../schemas/limits.ts';

const names: readonly LimitName[] = ['agents', 'tokens', 'outputTokens', 'money', 'retries', 'wallTime'];

/** `meta.limits` as far as it makes sense: numbers of 0 and more. Undefined when it says nothing. */
export function readLimits(value: unknown): ScriptLimits | undefined {
  if (!isRecord(value)) return undefined;
  const limits: ScriptLimits = readValues(value);
  if (isAmount(value['concurrency']) && value['concurrency'] >= 1) limits.concurrency = Math.floor(value['concurrency']);
  const phases = readTable(value['phases']);
  if (phases) limits.phases = phases;
  const providers = readTable(value['providers']);
  if (providers) limits.providers = providers;
  return Object.keys(limits).length > 0 ? limits : undefined;
}

function readTable(value: unknown): Record<string, LimitValues> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).flatMap(([name, limits]) => (isRecord(limits) ? [[name, readValues(limits)] as const] : []));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function readValues(value: Record<string, unknown>): LimitValues {
  const limits: LimitValues = {};
  for (const name of names) {
    const amount = value[name];
    if (isAmount(amount)) limits[name] = amount;
  }
  return limits;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
