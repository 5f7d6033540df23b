/** The option `inputs` of a node as a list of paths and globs; a message for its author when it is none. One string is a list of one. */
export function readInputs(given: unknown): { patterns: string[] } | { problem: string } {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const patterns = list.filter((one): one is string => typeof one === 'string');
  if (patterns.length === list.length) return { patterns };
  return { problem: `inputs must be a list of paths and globs, such as ["SPEC.md", "src/**"], got ${shown(given)}` };
}

function shown(given: unknown): string {
  try {
    return JSON.stringify(given)?.slice(0, 200) ?? typeof given;
  } catch {
    return `a value of type ${typeof given}`;
  }
}
