import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSkill } from '../../activities/skills/load-skill.ts';
import { namedSkill, type LoadedSkill } from '../../schemas/skills.ts';

/** The skills of a run by id, with hashes and without texts. */
export type RecordedSkills = Map<string, LoadedSkill & { ok: true }>;

/** The skills that nodes of a run have gone by, as its journal tells it: an open run goes on with them, whatever the files hold now. */
export function recordedSkills(runDir: string): RecordedSkills {
  const found: RecordedSkills = new Map();
  const path = join(runDir, 'events.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // Few runs have such nodes.
  if (!text.includes('"skills":[{"id":')) return found;
  for (const line of text.split('\n').filter((one) => one.includes('"skills":[{"id":'))) {
    for (const { id, from, sha256 } of skillsIn(line)) found.set(id, { ok: true, from, text: '', sha256 });
  }
  return found;
}

/** Ids of recorded skills that are something else now. */
export async function changedSkillFiles(root: string, recorded: RecordedSkills): Promise<string[]> {
  const changed: string[] = [];
  for (const [id, { sha256 }] of recorded) {
    const now = await loadSkill({ root, id });
    if (!now.ok || now.sha256 !== sha256) changed.push(id);
  }
  return changed;
}

function skillsIn(line: string) {
  try {
    return namedSkill.array().parse((JSON.parse(line) as { raw?: { skills?: unknown } }).raw?.skills);
  } catch {
    // A torn line, or a text that looks like one of these.
    return [];
  }
}
