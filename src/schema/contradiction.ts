import type { Json } from '../../schemas/json.ts';

const limits = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
  ['minContains', 'maxContains'],
] as const;

/**
 * Says why a schema can match no value, when a look at its limits is enough to tell: nobody should pay an agent for it.
 * Looks only where every value must match: the root, `allOf` and required properties.
 */
export function findContradiction(schema: Json, path = '$'): string | undefined {
  if (schema === false) return `${path} is false`;
  if (!isObject(schema)) return undefined;
  const pair = limits.find(([low, high]) => isAbove(schema[low], schema[high]) && appliesHere(schema, low));
  if (pair) return `${path} has ${pair[0]} ${String(schema[pair[0]])} above ${pair[1]} ${String(schema[pair[1]])}`;
  for (const part of Array.isArray(schema['allOf']) ? schema['allOf'] : []) {
    const found = findContradiction(part, path);
    if (found !== undefined) return found;
  }
  if (schema['type'] !== 'object') return undefined;
  for (const name of Array.isArray(schema['required']) ? schema['required'] : []) {
    const properties = schema['properties'];
    if (typeof name !== 'string' || !isObject(properties) || !Object.hasOwn(properties, name)) continue;
    const found = findContradiction(properties[name] as Json, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const typesOfLimit: Record<string, string[]> = {
  minimum: ['number', 'integer'],
  minLength: ['string'],
  minItems: ['array'],
  minContains: ['array'],
  minProperties: ['object'],
};

/** A limit binds only values of its own type, so it contradicts only when the schema asks for that type. */
function appliesHere(schema: Record<string, Json>, low: string): boolean {
  if (low === 'minContains' && schema['contains'] === undefined) return false;
  return typeof schema['type'] === 'string' && typesOfLimit[low]!.includes(schema['type']);
}

function isAbove(low: Json | undefined, high: Json | undefined): boolean {
  return typeof low === 'number' && typeof high === 'number' && low > high;
}

function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
