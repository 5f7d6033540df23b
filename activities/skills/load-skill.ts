import { createHash } from 'node:crypto';
import type { LoadedSkill } from '../../schemas/skills.ts';
import { findSkill } from './find-skill.ts';
import { unknownSkill } from './unknown-skill.ts';

// What stands as it is until a person does something about it.
const lasting = ['EACCES', 'EPERM', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'];

/**
 * Reads a skill for a run (SKILL-01). Not finding one, or one that cannot be used, is an answer.
 *
 * @throws Error of the system that may pass, such as too many open files: the engine asks again
 */
export async function loadSkill({ root, id }: { root: string; id: string }): Promise<LoadedSkill> {
  try {
    const found = await findSkill(root, id);
    if (!found) return { ok: false, message: `SKILL_UNKNOWN: ${await unknownSkill(root, id)}` };
    return { ok: true, from: found.from, text: found.text, sha256: createHash('sha256').update(found.text).digest('hex') };
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== undefined && !lasting.includes(code)) throw error;
    return { ok: false, message: `SKILL_UNKNOWN: the skill "${id}" cannot be read: ${(error as Error).message}` };
  }
}
