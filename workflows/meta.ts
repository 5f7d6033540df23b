import { readLimits } from '../src/limits/read-limits.ts';
import { readFailover } from '../src/policy/failover.ts';
import type { ScriptMeta } from '../schemas/script.ts';

/** `meta` that the script computed itself: takes what has the right shape, keeps the rest as it was (META-01). */
export function readMeta(value: unknown, before: ScriptMeta): ScriptMeta {
  if (typeof value !== 'object' || value === null) return before;
  const meta = value as Record<string, unknown>;
  const phases = Array.isArray(meta['phases']) ? meta['phases'].filter(isPhase) : [];
  const limitProblems: string[] = [];
  const limits = readLimits(meta['limits'], limitProblems);
  const failover = readFailover(meta['failover']);
  return {
    ...before,
    ...(limits ? { limits } : {}),
    ...(limitProblems.length > 0 ? { limitProblems } : {}),
    ...(failover ? { failover } : {}),
    ...(typeof meta['name'] === 'string' && meta['name'] !== '' ? { name: meta['name'] } : {}),
    ...(typeof meta['whenToUse'] === 'string' ? { whenToUse: meta['whenToUse'] } : {}),
    phases: phases.map(({ title, model }) => ({ title, ...(typeof model === 'string' ? { model } : {}) })),
  };
}

function isPhase(value: unknown): value is { title: string; model?: unknown } {
  return typeof value === 'object' && value !== null && typeof (value as { title?: unknown }).title === 'string';
}
