import type { Json } from '../../schemas/json.ts';

const deepest = 12;
// Enough that what is asked for each element shows in a count, and few enough to stay small.
const elements = 2;

/**
 * A small value that a schema is likely to accept, to play an agent with: required and declared properties, two elements a list.
 * No promise: whoever needs a match validates it. Pure, and always the same for the same schema.
 */
export function sampleOf(schema: Json, root: Json = schema, depth = 0): Json {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || depth > deepest) return null;
  if (schema['const'] !== undefined) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0] ?? null;
  if (schema['default'] !== undefined) return schema['default'];
  const next = (part: Json | undefined): Json => sampleOf(part ?? {}, root, depth + 1);
  if (typeof schema['$ref'] === 'string') return next(resolve(root, schema['$ref']));
  for (const name of ['anyOf', 'oneOf'] as const) {
    const variants = schema[name];
    if (Array.isArray(variants) && variants.length > 0) return merge(next(variants[0]), schema['properties'] ? objectOf(schema, next) : undefined);
  }
  if (Array.isArray(schema['allOf']))
    return schema['allOf'].map(next).reduce<Json>((all, part) => merge(all, part), schema['properties'] ? objectOf(schema, next) : {});
  return typed(schema, next);
}

function typed(schema: Record<string, Json>, next: (part: Json | undefined) => Json): Json {
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type ?? (schema['properties'] || schema['required'] ? 'object' : schema['items'] ? 'array' : undefined)) {
    case 'object':
      return objectOf(schema, next);
    case 'array': {
      const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'].map(next) : [];
      const wanted = Math.min(numberOf(schema['maxItems'], Infinity), Math.max(numberOf(schema['minItems'], 0), prefix.length > 0 ? prefix.length : elements));
      while (prefix.length < wanted && prefix.length < 100) prefix.push(next(schema['items']));
      return prefix;
    }
    case 'string':
      return 'sample'.padEnd(numberOf(schema['minLength'], 0), '.').slice(0, numberOf(schema['maxLength'], Infinity));
    case 'integer':
    case 'number':
      return Math.max(numberOf(schema['minimum'], 0), Math.min(1, numberOf(schema['maximum'], 1)));
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function objectOf(schema: Record<string, Json>, next: (part: Json | undefined) => Json): Json {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'].filter((name) => typeof name === 'string') : [];
  return Object.fromEntries([...new Set([...Object.keys(properties), ...required])].map((name) => [name, next(properties[name])]));
}

function merge(a: Json, b: Json | undefined): Json {
  return isObject(a) && isObject(b) ? { ...a, ...b } : a;
}

function resolve(root: Json, ref: string): Json | undefined {
  if (!ref.startsWith('#')) return undefined;
  const path = ref.slice(1).split('/').slice(1);
  return path.reduce<Json | undefined>((at, name) => (isObject(at) ? at[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined), root);
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
