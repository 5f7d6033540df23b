import { readLimits } from '../limits/read-limits.ts';
import { readFailover } from '../policy/failover.ts';
import { readSkills } from '../skills/read-skills.ts';
import type { ScriptMeta } from '../../schemas/script.ts';

/**
 * The fields of an exported `meta` that odw uses (META-01); `name` defaults to the file's base name.
 * Values of the wrong kind count as absent, for `meta` is also an ordinary variable of the script. `unknownDialect` names a dialect that does not exist,
 * `skillsProblem` says why `skills` are none.
 */
export function readMeta(value: unknown, path: string): { meta: ScriptMeta; unknownDialect?: string; skillsProblem?: string } {
  const fields = isRecord(value) ? value : {};
  const { name, description, whenToUse, dialect, phases } = fields;
  const failover = readFailover(fields['failover']);
  const skills = readSkills(fields['skills']);
  if ('problem' in skills) return { ...readMeta({ ...fields, skills: undefined }, path), skillsProblem: `meta.${skills.problem}` };
  const limitProblems: string[] = [];
  const limits = readLimits(fields['limits'], limitProblems);
  const meta: ScriptMeta = {
    name: typeof name === 'string' && name.trim() !== '' ? name : baseName(path),
    phases: Array.isArray(phases) ? phases.flatMap(readPhase) : [],
  };
  if (limits) meta.limits = limits;
  if (failover) meta.failover = failover;
  if (skills.ids.length > 0) meta.skills = skills.ids;
  if (limitProblems.length > 0) meta.limitProblems = limitProblems;
  if (typeof description === 'string') meta.description = description;
  if (typeof whenToUse === 'string' || whenToUse === null) meta.whenToUse = whenToUse;
  if (dialect === 'odw' || dialect === 'claude') meta.dialect = dialect;
  else if (dialect !== undefined && dialect !== null) return { meta, unknownDialect: String(JSON.stringify(dialect)) };
  return { meta };
}

/** The file name without folders and without its last extension. */
export function baseName(path: string): string {
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return file.replace(/(?<=.)\.[^.]*$/, '');
}

function readPhase(value: unknown): ScriptMeta['phases'] {
  const { title, detail, model }: Record<string, unknown> = typeof value === 'string' ? { title: value } : isRecord(value) ? value : {};
  if (typeof title !== 'string') return [];
  return [{ title, ...(typeof detail === 'string' ? { detail } : {}), ...(typeof model === 'string' ? { model } : {}) }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
