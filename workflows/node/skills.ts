import type { LoadedSkill, NamedSkill } from '../../schemas/skills.ts';
import { readSkills } from '../../src/skills/read-skills.ts';
import { loadSkill } from '../activities.ts';
import type { RunContext } from '../run-context.ts';
import type { Scope } from '../scope.ts';
import type { AgentOptions } from './options.ts';

/** The skills that a node goes by (SKILL-01), in the order in which its agent reads them. */
export interface NodeSkills {
  ids: string[];
  loaded: (NamedSkill & { text: string })[];
  /** Why its agent cannot be asked: one of them is not there. */
  problem: string | undefined;
}

/** Whether a node goes by skills at all: most do not, and then nothing is asked for and nobody waits. */
export function namesSkills(scope: Scope, options: AgentOptions): boolean {
  return (options['skills'] ?? undefined) !== undefined || scope.frame.meta.skills !== undefined;
}

/** The skills of its script's `meta`, then those of the node itself. */
export async function openSkills(ctx: RunContext, scope: Scope, options: AgentOptions): Promise<NodeSkills | undefined> {
  const own = readSkills(options['skills']);
  if ('problem' in own) return { ids: [], loaded: [], problem: own.problem };
  const ids = [...new Set([...(scope.frame.meta.skills ?? []), ...own.ids])];
  if (ids.length === 0) return undefined;
  const asked = ids.map((id) => read(ctx, id));
  const found = await Promise.all(asked);
  // A skill that is put right while the run is open is there for the next node.
  for (const [n, id] of ids.entries()) if (!found[n]?.ok && ctx.skills.get(id) === asked[n]) ctx.skills.delete(id);
  const loaded = found.flatMap((one, n) => (one.ok ? [{ id: ids[n] as string, from: one.from, sha256: one.sha256, text: one.text }] : []));
  const missing = found.find((one) => !one.ok);
  return { ids, loaded, problem: missing?.ok === false ? missing.message : undefined };
}

// Read once per run, unless that fails, by an activity: a run that is played again, or goes on elsewhere, has the recorded text.
function read(ctx: RunContext, id: string): Promise<LoadedSkill> {
  let skill = ctx.skills.get(id);
  if (!skill) {
    skill = loadSkill({ root: ctx.input.root, id });
    ctx.skills.set(id, skill);
  }
  return skill;
}
