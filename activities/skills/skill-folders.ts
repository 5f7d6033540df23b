import { join } from 'node:path';
import { odwHome } from '../../system/paths.ts';
import type { SkillSource } from '../../schemas/skills.ts';

/** Where skills are looked for before the built-in ones, first choice first (SKILL-01). The folders may not exist. */
export function skillFolders(root: string): { from: SkillSource; path: string }[] {
  return [
    { from: 'project', path: join(root, '.odw', 'skills') },
    { from: 'user', path: join(odwHome(), 'skills') },
  ];
}
