import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/json.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { sampleOf } from '../../src/schema/sample.ts';

describe('a sample of a schema', () => {
  const schemas: [string, Json][] = [
    ['an object', { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string' }, c: { type: 'boolean' } } }],
    ['lists', { type: 'array', items: { type: 'integer', minimum: 5 } }],
    ['a longer list', { type: 'array', minItems: 4, items: { type: 'number', maximum: -1, minimum: -9 } }],
    ['a short list', { type: 'array', maxItems: 1, items: { type: 'string' } }],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'null' }], items: false }],
    ['constants', { type: 'object', properties: { a: { const: { x: 1 } }, b: { enum: ['p', 'q'] }, c: { default: 3 } } }],
    ['references', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'object', required: ['n'], properties: { n: { type: ['null', 'string'] } } } } }],
    ['variants', { anyOf: [{ type: 'object', required: ['a'] }, { type: 'string' }], properties: { b: { type: 'integer' } } }],
    ['parts', { allOf: [{ type: 'object', required: ['a'] }, { properties: { b: { type: 'string', minLength: 9, maxLength: 9 } } }] }],
    ['anything', true],
    ['a text', { type: 'string', maxLength: 2 }],
  ];
  it.each(schemas)('%s matches its schema, and is the same each time', (_name, schema) => {
    const compiled = compileSchema(schema);
    expect(compiled.ok && compiled.validate(sampleOf(schema))).toEqual([]);
    expect(sampleOf(schema)).toEqual(sampleOf(schema));
  });

  it('has two elements a list, so that what is asked for each shows', () => {
    expect(sampleOf({ type: 'array', items: { type: 'string' } })).toEqual(['sample', 'sample']);
  });

  it('ends where a schema contains itself', () => {
    const tree: Json = { type: 'object', properties: { child: { $ref: '#' } } };
    expect(JSON.stringify(sampleOf(tree))).toMatch(/^(\{"child":)+null\}+$/);
    expect(sampleOf({ $ref: 'https://example.org/other' })).toBeNull();
  });
});
