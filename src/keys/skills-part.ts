type Skills = readonly { id: string; sha256: string }[];

/** The skills of a node as one of the parts of its fingerprint (see parts.ts): readable, so that an explanation can name them. */
export function skillsPart(skills: Skills): string {
  // Dots part the parts; no id holds a slash.
  return skills.map(({ id, sha256 }) => `${id.replaceAll('.', '/')}:${sha256.slice(0, 12)}`).join(',');
}

/** What became of the skills of a node, in words, from the parts of its fingerprint: `no-casts edited`, `strict-types added`, `own removed`. */
export function changedSkills(before: string | undefined, now: string): string[] {
  const [old, current] = [skillsOf(before ?? ''), skillsOf(now)];
  const kept = [...current].filter(([id]) => old.has(id));
  const changes = [
    ...kept.flatMap(([id, hash]) => (old.get(id) === hash ? [] : [`${id} edited`])),
    ...[...current.keys()].flatMap((id) => (old.has(id) ? [] : [`${id} added`])),
    ...[...old.keys()].flatMap((id) => (current.has(id) ? [] : [`${id} removed`])),
  ];
  return changes.length > 0 ? changes : ['another order'];
}

function skillsOf(parts: string): Map<string, string> {
  const part = parts.split('.')[5] ?? '';
  return new Map(part === '' ? [] : part.split(',').map((one) => one.replaceAll('/', '.').split(':') as [string, string]));
}
