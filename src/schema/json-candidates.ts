import type { Json } from '../../schemas/json.ts';

/** A text with many stray opening brackets is given up once this many times its length was read. */
const maxReads = 16;

/**
 * JSON values that a text may be meant to hold, best guess first (SCH-07): the whole text, the fenced blocks,
 * the first `{` to the last `}`, then each balanced `{…}` of the text.
 *
 * @param allowNonObjects arrays and bare scalars count too; arrays are also looked for inside the text, after the objects
 */
export function jsonCandidates(text: string, allowNonObjects: boolean): Json[] {
  const found: Json[] = [];
  const seen = new Set<string>();
  const add = (piece: string | undefined): boolean => {
    if (piece === undefined || seen.has(piece)) return false;
    seen.add(piece);
    const value = parse(piece);
    if (value === undefined) return false;
    if (allowNonObjects || isObject(value)) found.push(value);
    return true;
  };
  const trimmed = text.trim();
  if (trimmed === '') return [];
  add(trimmed);
  for (const fence of text.matchAll(/^[ \t]*```[ \t]*(?:json[c5]?)?[ \t]*\r?\n([\s\S]*?)^[ \t]*```/gim)) add(fence[1]!.trim());
  for (const fence of text.matchAll(/```(?:json)?([\s\S]*?)```/gi)) add(fence[1]!.trim());
  for (const [open, close] of allowNonObjects ? ['{}', '[]'] : ['{}']) {
    const first = text.indexOf(open!);
    const last = text.lastIndexOf(close!);
    if (first >= 0 && last > first) add(text.slice(first, last + 1));
    eachBalanced(text, open!, add);
  }
  return found;
}

/** Calls `take` with each balanced piece. One that is no JSON may still hold some: the search goes on inside it. */
function eachBalanced(text: string, open: string, take: (piece: string) => boolean): void {
  let budget = text.length * maxReads;
  for (let at = text.indexOf(open); at >= 0 && budget > 0;) {
    const { end, isClosed } = balancedEnd(text, at);
    budget -= end - at;
    const isTaken = isClosed && take(text.slice(at, end));
    at = text.indexOf(open, isTaken ? end : at + 1);
  }
}

/** Where the bracket that opens at `start` is closed, or where it is clear that it is not; brackets within strings do not count. */
function balancedEnd(text: string, start: number): { end: number; isClosed: boolean } {
  const expected: string[] = [];
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') expected.push('}');
    else if (char === '[') expected.push(']');
    else if (char === '}' || char === ']') {
      if (expected.pop() !== char) return { end: at + 1, isClosed: false };
      if (expected.length === 0) return { end: at + 1, isClosed: true };
    }
  }
  return { end: text.length, isClosed: false };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
