import type { Json } from '../../schemas/json.ts';

const most = 20;

/**
 * Texts by which a value can be found again inside a prompt: it as JSON, and the strings and numbers in it, at most twenty.
 *
 * @param shortest characters; shorter texts stand in many prompts by chance
 */
export function valueTexts(value: Json, shortest = 6): string[] {
  const found = new Set<string>();
  const visit = (one: Json) => {
    if (found.size >= most) return;
    if (typeof one === 'string' || typeof one === 'number') add(String(one));
    else if (typeof one === 'object' && one !== null) for (const inner of Object.values(one)) visit(inner);
  };
  const add = (text: string) => {
    const trimmed = text.trim();
    if (trimmed.length >= shortest) found.add(trimmed);
  };
  if (typeof value === 'object' && value !== null) add(JSON.stringify(value));
  visit(value);
  return [...found];
}
