import { readLimits } from '../src/limits/read-limits.ts';
import { readFailover } from '../src/policy/failover.ts';
import { readSkills } from '../src/skills/read-skills.ts';
import type { ScriptMeta } from '../schemas/script.ts';

/**
 * `meta` that the script computed itself: takes what has the right shape, keeps the rest as it was (META-01).
 *
 * @throws TypeError to the script when its skills are none: agents would work without what they are to keep to
 */
export function readMeta(value: unknown, before: ScriptMeta): ScriptMeta {
  if (typeof value !== 'object' || value === null) return before;
  const meta = value as Record<string, unknown>;
  const phases = Array.isArray(meta['phases']) ? meta['phases'].filter(isPhase) : [];
  const limitProblems: string[] = [];
  const limits = readLimits(meta['limits'], limitProblems);
  const failover = readFailover(meta['failover']);
  const skills = readSkills(meta['skills']);
  if ('problem' in skills) throw new TypeError(`meta.${skills.problem}`);
  return {
    ...before,
    ...(limits ? { limits } : {}),
    ...(limitProblems.length > 0 ? { limitProblems } : {}),
    ...(failover ? { failover } : {}),
    ...(skills.ids.length > 0 ? { skills: skills.ids } : {}),
    ...(typeof meta['name'] === 'string' && meta['name'] !== '' ? { name: meta['name'] } : {}),
    ...(typeof meta['whenToUse'] === 'string' ? { whenToUse: meta['whenToUse'] } : {}),
    phases: phases.map(({ title, model }) => ({ title, ...(typeof model === 'string' ? { model } : {}) })),
  };
}

function isPhase(value: unknown): value is { title: string; model?: unknown } {
  return typeof value === 'object' && value !== null && typeof (value as { title?: unknown }).title === 'string';
}
