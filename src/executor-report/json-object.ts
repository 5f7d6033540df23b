import type { Json } from '../../schemas/json.ts';

export type JsonObject = { [key: string]: Json };

/** The value as a JSON object, or undefined: arrays, null and scalars are none. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The value at a path of keys; undefined where any step of it is missing. */
export function at(value: unknown, ...path: string[]): Json | undefined {
  let current: unknown = value;
  for (const key of path) {
    const object = asObject(current);
    if (!object || !Object.hasOwn(object, key)) return undefined;
    current = object[key];
  }
  return current as Json | undefined;
}

/** The first of the values that is a string with more than white space in it. */
export function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
}

/** A copy without null, empty texts, empty arrays and empty objects (one level). */
export function dropEmpty(object: Record<string, Json | undefined>): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined && !isEmpty(value)) kept[key] = value;
  return kept;
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
