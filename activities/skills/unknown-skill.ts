import { join } from 'node:path';
import { nearNames } from '../../src/near.ts';
import { listSkills } from './list-skills.ts';
import { skillFolders } from './skill-folders.ts';

/** Why there is no skill of an id: where it was looked for, and which there are (SKILL-03). */
export async function unknownSkill(root: string, id: string): Promise<string> {
  const known = await listSkills(root);
  const [near] = nearNames(id, known);
  const files = skillFolders(root).map(({ path }) => join(path, `${id}.md`));
  const hint = near === undefined ? '.' : `; did you mean "${near}"?`;
  return `there is no skill "${id}"${hint} Looked for ${files.join(' and ')}, and among the built-in ones. Known are: ${known.join(', ')}`;
}
