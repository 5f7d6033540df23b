import { readdir } from 'node:fs/promises';
import { builtInSkills } from '../../src/skills/built-in.ts';
import { isSkillId } from '../../src/skills/read-skills.ts';
import { skillFolders } from './skill-folders.ts';

/** Ids of all skills that a project can use, sorted. Folders that are not there, and files whose name is no id, are passed over. */
export async function listSkills(root: string): Promise<string[]> {
  const ids = new Set(builtInSkills.keys());
  for (const { path } of skillFolders(root)) {
    for (const name of await readdir(path).catch(() => [])) {
      const id = name.replace(/\.md$/, '');
      if (id !== name && isSkillId(id)) ids.add(id);
    }
  }
  return [...ids].sort();
}
