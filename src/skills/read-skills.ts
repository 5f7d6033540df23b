/** What the id of a skill is made of; its file is `<id>.md`. */
export function isSkillId(id: string): boolean {
  return /^[\w.-]{1,100}$/.test(id);
}

/**
 * The option `skills` of a node, or the field of `meta` (SKILL-01), as a list of ids, each once; a message for its author when it is none.
 * One text is a list of one; undefined and null are none.
 */
export function readSkills(given: unknown): { ids: string[] } | { problem: string } {
  if (given === undefined || given === null) return { ids: [] };
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const ids = list.filter((one): one is string => typeof one === 'string' && isSkillId(one));
  if (ids.length === list.length) return { ids: [...new Set(ids)] };
  return { problem: `skills must be a list of ids such as ["minimal-diff", "no-casts"], of letters, digits, "-", "_" and ".", got ${shown(given)}` };
}

function shown(given: unknown): string {
  try {
    return JSON.stringify(given)?.slice(0, 200) ?? typeof given;
  } catch {
    return `a value of type ${typeof given}`;
  }
}
