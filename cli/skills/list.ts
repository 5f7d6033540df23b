import { resolve } from 'node:path';
import { findSkill } from '../../activities/skills/find-skill.ts';
import { listSkills } from '../../activities/skills/list-skills.ts';
import { skillFolders } from '../../activities/skills/skill-folders.ts';
import { firstLine } from '../../src/skills/first-line.ts';
import { printJson, printText } from '../print.ts';

/** `odw skills list` (SKILL-03). A file that cannot be used is listed with the reason. */
export async function list(flags: { path: string; json?: boolean }): Promise<void> {
  const root = resolve(flags.path);
  const skills = await Promise.all((await listSkills(root)).map((id) => look(root, id)));
  if (flags.json) {
    printJson(JSON.stringify({ folders: skillFolders(root), skills }));
    return;
  }
  const width = Math.max(...skills.map(({ id }) => id.length));
  for (const { id, from, first_line, problem } of skills) printText(`${id.padEnd(width)}  ${from.padEnd(8)}  ${problem ?? first_line}\n`);
}

async function look(root: string, id: string): Promise<{ id: string; from: string; path?: string; first_line: string; problem?: string }> {
  try {
    const found = await findSkill(root, id);
    if (!found) throw new Error('it is gone');
    const { from, path, text } = found;
    return { id, from, ...(path === undefined ? {} : { path }), first_line: firstLine(text) };
  } catch (error) {
    return { id, from: 'unusable', first_line: '', problem: (error as Error).message };
  }
}
