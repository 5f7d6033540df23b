/** A JSON Schema: an object, or one of the boolean schemas. */
export type JsonSchema = boolean | { [keyword: string]: unknown };

/** Whether the schema accepts objects at its root and nothing else by its own word: what the vendors' channels demand. */
export function hasObjectRoot(schema: JsonSchema): schema is { [keyword: string]: unknown } {
  return typeof schema === 'object' && schema['type'] === 'object';
}

/** A schema whose root is an object: other roots become the property `result`. Definitions stay reachable at the root. */
export function wrapped(schema: JsonSchema): { schema: { [keyword: string]: unknown }; isWrapped: boolean } {
  if (hasObjectRoot(schema)) return { schema, isWrapped: false };
  const inner: { [keyword: string]: unknown } = schema === true ? {} : schema === false ? { not: {} } : { ...(schema as { [keyword: string]: unknown }) };
  const root: { [keyword: string]: unknown } = { type: 'object', properties: { result: inner }, required: ['result'], additionalProperties: false };
  for (const keyword of ['$defs', 'definitions'] as const) {
    const held = inner[keyword];
    if (held === undefined) continue;
    root[keyword] = held;
    delete inner[keyword];
  }
  return { schema: root, isWrapped: true };
}

/** Undoes {@link wrapped} on a value. */
export function unwrapped(value: unknown, isWrapped: boolean): unknown {
  return isWrapped && typeof value === 'object' && value !== null && Object.keys(value).length === 1 && 'result' in value ? value.result : value;
}
