import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SkillSource } from '../../schemas/skills.ts';
import { builtInSkills } from '../../src/skills/built-in.ts';
import { isSkillId } from '../../src/skills/read-skills.ts';
import { skillFolders } from './skill-folders.ts';

export interface FoundSkill {
  id: string;
  from: SkillSource;
  /** Its file; absent for a built-in one. */
  path?: string;
  /** Without a byte order mark, with plain line ends, without white space around it. */
  text: string;
}

// A skill is part of every prompt that names it.
const maxBytes = 64 * 1024;

/**
 * Finds and reads one skill: in the project, in the user's folder, among the built-in ones (SKILL-01).
 *
 * @returns undefined when there is none of this id
 * @throws Error that names the file which cannot be used: unreadable, empty, or over 64 KiB. The next place is not tried then: it is not what was meant
 */
export async function findSkill(root: string, id: string): Promise<FoundSkill | undefined> {
  if (!isSkillId(id)) return undefined;
  for (const folder of skillFolders(root)) {
    const path = join(folder.path, `${id}.md`);
    const text = await read(path);
    if (text !== undefined) return { id, from: folder.from, path, text };
  }
  const text = builtInSkills.get(id);
  return text === undefined ? undefined : { id, from: 'built-in', text };
}

async function read(path: string): Promise<string | undefined> {
  let file: string;
  try {
    // Reading a pipe would wait for ever.
    const { size } = await plainFile(path);
    if (size > maxBytes) throw new Error(`it has ${size} bytes, and ${maxBytes} is the most`);
    file = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Error(`${path} cannot be used: ${message}`, { cause: error });
  }
  const text = file
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .trim();
  if (text === '') throw new Error(`${path} cannot be used: it is empty`);
  return text;
}

async function plainFile(path: string) {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is no file');
  return found;
}
