import type { JsonSchema } from './json-schema.ts';

// What the strict mode of the Responses protocol understands; other keywords make it refuse the whole request.
const kept = new Set(['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'const', 'anyOf', '$ref', '$defs', 'description', 'title']);

/**
 * The schema as OpenAI's strict mode wants it: every object closed and all its properties required, where optional ones
 * become nullable; unsupported keywords dropped. The answer is validated against the original schema afterwards.
 */
export function strictSchema(schema: { [keyword: string]: unknown }): { [keyword: string]: unknown } {
  const result: { [keyword: string]: unknown } = {};
  const source: { [keyword: string]: unknown } = { ...schema };
  if (source['definitions'] && !source['$defs']) source['$defs'] = source['definitions'];
  if (Array.isArray(source['oneOf']) && !source['anyOf']) source['anyOf'] = source['oneOf'];
  for (const [keyword, value] of Object.entries(source)) {
    if (!kept.has(keyword)) continue;
    if (keyword === '$defs' || keyword === 'properties') result[keyword] = mapValues(value, strictPart);
    else if (keyword === 'items') result[keyword] = strictPart(value);
    else if (keyword === 'anyOf') result[keyword] = (value as unknown[]).map(strictPart);
    else if (keyword === '$ref') result[keyword] = String(value).replace('#/definitions/', '#/$defs/');
    else result[keyword] = value;
  }
  if (isObjectSchema(schema)) closeObject(result, schema);
  return result;
}

/** Removes nulls that only the strict form allowed: of optional properties that the original schema does not let be null. */
export function withoutOptionalNulls(value: unknown, schema: JsonSchema, root: JsonSchema = schema): unknown {
  const part = resolved(schema, root);
  if (typeof part !== 'object') return value;
  const branch = branchFor(value, part, root);
  if (branch !== undefined) return withoutOptionalNulls(value, branch, root);
  if (Array.isArray(value)) return part['items'] === undefined ? value : value.map((item) => withoutOptionalNulls(item, part['items'] as JsonSchema, root));
  if (typeof value !== 'object' || value === null) return value;
  const properties = (part['properties'] ?? {}) as Record<string, JsonSchema>;
  const required = new Set((part['required'] ?? []) as string[]);
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const own = properties[name];
    if (inner === null && own !== undefined && !required.has(name) && !allowsNull(own, root)) continue;
    result[name] = own === undefined ? inner : withoutOptionalNulls(inner, own, root);
  }
  return result;
}

// The branch of a union that an object or list was written for: the first whose strict form has the same names, types and fixed values.
function branchFor(value: unknown, part: { [keyword: string]: unknown }, root: JsonSchema): JsonSchema | undefined {
  const branches = (part['anyOf'] ?? part['oneOf']) as JsonSchema[] | undefined;
  if (!Array.isArray(branches) || part['properties'] !== undefined || typeof value !== 'object' || value === null) return undefined;
  return branches.find((branch) => fits(value, resolved(branch, root), root));
}

function fits(value: object, branch: JsonSchema, root: JsonSchema): boolean {
  if (typeof branch !== 'object') return false;
  const items = branch['items'] as JsonSchema | undefined;
  if (Array.isArray(value)) return items !== undefined && value.every((item) => suits(item, items, root));
  const properties = branch['properties'] as Record<string, JsonSchema> | undefined;
  if (properties === undefined) return false;
  const held = value as Record<string, unknown>;
  const names = Object.keys(properties);
  if (names.length !== Object.keys(held).length || !names.every((name) => Object.hasOwn(held, name))) return false;
  const required = new Set((branch['required'] ?? []) as string[]);
  return names.every((name) => (held[name] === null && !required.has(name)) || suits(held[name], properties[name]!, root));
}

// Whether a value may be one of this part, by what is seen at once: a fixed value, or the type.
function suits(value: unknown, part: JsonSchema, root: JsonSchema): boolean {
  const own = resolved(part, root);
  if (typeof own !== 'object') return own;
  if (own['const'] !== undefined) return JSON.stringify(own['const']) === JSON.stringify(value);
  if (Array.isArray(own['enum'])) return own['enum'].includes(value);
  if (value === null) return allowsNull(own, root) || ['type', 'anyOf', 'oneOf'].every((keyword) => own[keyword] === undefined);
  if (own['type'] === undefined) return true;
  const types = [own['type']].flat();
  if (typeof value === 'number') return types.includes('number') || (types.includes('integer') && Number.isInteger(value));
  return types.includes(Array.isArray(value) ? 'array' : typeof value);
}

function strictPart(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? strictSchema(value as { [keyword: string]: unknown }) : value === true ? {} : value;
}

function closeObject(result: { [keyword: string]: unknown }, schema: { [keyword: string]: unknown }): void {
  const properties = (result['properties'] ?? {}) as Record<string, unknown>;
  const required = new Set((schema['required'] ?? []) as string[]);
  result['properties'] = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, required.has(name) ? part : nullable(part)]));
  result['required'] = Object.keys(properties);
  result['additionalProperties'] = false;
}

function nullable(part: unknown): unknown {
  const schema = part as { [keyword: string]: unknown };
  if (allowsNull(schema, schema)) return schema;
  if (typeof schema['type'] === 'string' && schema['enum'] === undefined && schema['const'] === undefined) return { ...schema, type: [schema['type'], 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

function allowsNull(schema: JsonSchema, root: JsonSchema): boolean {
  const part = resolved(schema, root);
  if (typeof part !== 'object') return part;
  const type = part['type'];
  if (type === 'null' || (Array.isArray(type) && type.includes('null'))) return true;
  if (Array.isArray(part['enum']) && part['enum'].includes(null)) return true;
  return ['anyOf', 'oneOf'].some((keyword) => Array.isArray(part[keyword]) && (part[keyword] as JsonSchema[]).some((one) => allowsNull(one, root)));
}

function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (typeof schema !== 'object' || typeof schema['$ref'] !== 'string' || typeof root !== 'object') return schema;
  const path = schema['$ref'].replace(/^#\/?/, '').split('/').filter(Boolean);
  const target = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], root);
  return (target as JsonSchema | undefined) ?? schema;
}

function isObjectSchema(schema: { [keyword: string]: unknown }): boolean {
  const type = schema['type'];
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || schema['properties'] !== undefined;
}

function mapValues(value: unknown, change: (part: unknown) => unknown): unknown {
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, part]) => [name, change(part)]));
}
