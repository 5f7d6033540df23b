import { createHash } from 'node:crypto';
import type { LoadedSkill } from '../../schemas/skills.ts';
import { findSkill } from './find-skill.ts';
import { unknownSkill } from './unknown-skill.ts';

/** Reads a skill for a run (SKILL-01). Not finding one, or not being able to read it, is an answer. */
export async function loadSkill({ root, id }: { root: string; id: string }): Promise<LoadedSkill> {
  try {
    const found = await findSkill(root, id);
    if (!found) return { ok: false, message: `SKILL_UNKNOWN: ${await unknownSkill(root, id)}` };
    return { ok: true, from: found.from, text: found.text, sha256: createHash('sha256').update(found.text).digest('hex') };
  } catch (error) {
    return { ok: false, message: `SKILL_UNKNOWN: the skill "${id}" cannot be read: ${(error as Error).message}` };
  }
}
