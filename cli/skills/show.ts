import { resolve } from 'node:path';
import { findSkill } from '../../activities/skills/find-skill.ts';
import { listSkills } from '../../activities/skills/list-skills.ts';
import { unknownSkill } from '../../activities/skills/unknown-skill.ts';
import { OdwError } from '../../src/errors/error.ts';
import { printJson, printText } from '../print.ts';

/**
 * `odw skills show ID` (SKILL-03).
 *
 * @throws OdwError `skill-unknown`
 */
export async function show(id: string, flags: { path: string; json?: boolean }): Promise<void> {
  const root = resolve(flags.path);
  let found: Awaited<ReturnType<typeof findSkill>>;
  try {
    found = await findSkill(root, id);
  } catch (error) {
    throw new OdwError('skill-unknown', `the skill "${id}" cannot be read: ${(error as Error).message}`);
  }
  if (!found) throw new OdwError('skill-unknown', await unknownSkill(root, id), { fields: { known: await listSkills(root) } });
  if (flags.json) printJson(JSON.stringify(found));
  else printText(`${found.text}\n`);
}
