import type { Json } from '../../schemas/json.ts';
import { wellFormed } from '../text.ts';
import { asObject, type JsonObject } from './json-object.ts';

const MARKS = ['ok', 'summary', 'record', 'session', 'state'];
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * The report inside an executor's stdout (PARSE-01): the last line that is a JSON object with one of the marking fields,
 * else the whole text when it is one JSON object. Undefined when there is none.
 */
export function parseStdout(stdout: string): JsonObject | undefined {
  for (let end = stdout.length; end > 0;) {
    const start = stdout.lastIndexOf('\n', end - 1) + 1;
    const line = stdout.slice(start, end).trim();
    if (line.startsWith('{')) {
      const object = parseObject(line);
      if (object && MARKS.some((mark) => Object.hasOwn(object, mark))) return object;
    }
    end = start - 1;
  }
  return parseObject(stdout.trim());
}

/** A JSON object from text, its strings free of lone surrogates (PROC-08); undefined for anything else. */
export function parseObject(text: string): JsonObject | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return asObject(ESCAPED_SURROGATE.test(text) ? repair(value as Json) : value);
  } catch {
    return undefined;
  }
}

function repair(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(repair);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), repair(inner)]));
}
