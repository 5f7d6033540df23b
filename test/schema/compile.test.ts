import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/json.ts';
import { compileSchema } from '../../src/schema/compile.ts';

/** The issues of a value, for a schema that must compile. */
function issues(schema: Json, value: unknown): string[] {
  const compiled = compileSchema(schema);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.validate(value);
}

describe('SCH-09 issues', () => {
  const cases: [title: string, schema: Json, value: unknown, issues: string[]][] = [
    ['required, nested', { type: 'object', properties: { a: { type: 'object', required: ['b'] } } }, { a: {} }, ['$.a.b is required']],
    ['required, in an item', { type: 'array', items: { required: ['b'] } }, [{ b: 1 }, {}], ['$[1].b is required']],
    [
      'required, odd names',
      { required: ['a b', 'c/d~e', 'größe', '1'] },
      {},
      ['$["a b"] is required', '$["c/d~e"] is required', '$.größe is required', '$["1"] is required'],
    ],
    ['type', { type: 'object' }, 'x', ['$ must be object']],
    [
      'type of null and array',
      { properties: { x: { type: 'array' }, y: { type: 'object' } } },
      { x: null, y: [] },
      ['$.x must be array', '$.y must be object'],
    ],
    ['several types', { type: ['string', 'null'] }, 1, ['$ must be string or null']],
    ['integer', { type: 'integer' }, 1.5, ['$ must be integer']],
    ['enum', { properties: { x: { enum: ['a', 1, null] } } }, { x: 'b' }, ['$.x must be one of "a", 1, null']],
    ['const', { properties: { x: { const: { a: [1] } } } }, { x: 1 }, ['$.x must equal {"a":[1]}']],
    ['minimum', { properties: { x: { minimum: 3 } } }, { x: 2 }, ['$.x must be >= 3']],
    ['maximum', { maximum: 3 }, 4, ['$ must be <= 3']],
    ['exclusive limits', { exclusiveMinimum: 3, exclusiveMaximum: 3 }, 3, ['$ must be < 3', '$ must be > 3']],
    ['anyOf', { properties: { x: { anyOf: [{ type: 'string' }, { type: 'number' }] } } }, { x: true }, ['$.x must match one of 2 schema variants']],
    ['oneOf, none', { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] }, true, ['$ must match one of 3 schema variants']],
    ['oneOf, several', { oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3, ['$ must match exactly one of 2 schema variants']],
    ['not', { not: { type: 'string' } }, 'x', ['$ must not match the excluded schema']],
    ['additionalProperties', { properties: { a: true }, additionalProperties: false }, { a: 1, b: 2 }, ['$.b is not allowed']],
    ['unevaluatedProperties', { allOf: [{ properties: { a: true } }], unevaluatedProperties: false }, { a: 1, b: 2 }, ['$.b is not allowed']],
    ['pattern', { pattern: '^a+$' }, 'b', ['$ must match pattern ^a+$']],
    ['format', { format: 'date' }, 'yesterday', ['$ must be a valid date']],
    ['lengths count characters, not units', { minLength: 2, maxLength: 2 }, '😀', ['$ must have at least 2 characters']],
    ['items', { minItems: 2 }, [1], ['$ must have at least 2 items']],
    ['tuple', { prefixItems: [{ type: 'string' }], items: false }, ['a', 'b'], ['$ must have at most 1 items']],
    [
      'uniqueItems, deep',
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ['$ must not have equal items (0 and 1)'],
    ],
    ['contains', { contains: { type: 'string' } }, [1], ['$ must contain at least 1 matching items']],
    ['multipleOf', { multipleOf: 5 }, 7, ['$ must be a multiple of 5']],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 1 }, ['$.b is required when a is present']],
    ['if, then', { if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, ['$.b is required']],
    ['propertyNames', { propertyNames: { maxLength: 1 } }, { ab: 1 }, ['$: the name "ab" must have at most 1 characters', '$.ab is not an allowed name']],
    ['boolean schema', { properties: { x: false } }, { x: 1 }, ['$.x is not allowed']],
  ];
  for (const [title, schema, value, expected] of cases) it(title, () => expect(issues(schema, value)).toEqual(expected));

  it('are at most 40, without repeats, in the same order each time', () => {
    const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
    const found = issues({ required: names, allOf: [{ required: names }] }, {});
    expect(found).toHaveLength(40);
    expect(new Set(found).size).toBe(40);
    expect(issues({ required: names, allOf: [{ required: names }] }, {})).toEqual(found);
  });

  it('of a variant stay out, also behind references, while those beside it stay', () => {
    const schema = {
      $defs: { node: { type: 'object', required: ['deep'], properties: { deep: { type: 'number' } } } },
      required: ['own'],
      anyOf: [{ $ref: '#/$defs/node' }, { type: 'string' }],
    };
    expect(issues(schema, {}).sort()).toEqual(['$ must match one of 2 schema variants', '$.own is required']);
  });
});

describe('SCH-08 full JSON Schema 2020-12', () => {
  it('any root type, references, recursion', () => {
    expect(issues({ type: 'array', items: { type: 'number' } }, [1, 2])).toEqual([]);
    expect(issues({ type: 'string' }, 'x')).toEqual([]);
    expect(issues(true, { any: 1 })).toEqual([]);
    const tree = {
      $defs: { t: { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/$defs/t' } } }, additionalProperties: false } },
      $ref: '#/$defs/t',
    };
    expect(issues(tree, { kids: [{ kids: [{}] }] })).toEqual([]);
    expect(issues(tree, { kids: [{ kids: [{ x: 1 }] }] })).toEqual(['$.kids[0].kids[0].x is not allowed']);
  });

  it('required looks at own properties only', () => {
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) expect(issues({ required: [name] }, {})).toEqual([`$.${name} is required`]);
    expect(issues({ type: 'object', required: ['__proto__'] }, JSON.parse('{"__proto__":1}'))).toEqual([]);
  });

  it('const and enum compare deeply, without regard to key order', () => {
    expect(issues({ const: { a: 1, b: [{ c: 2, d: 3 }] } }, { b: [{ d: 3, c: 2 }], a: 1 })).toEqual([]);
    expect(issues({ enum: [{ a: 1, b: 2 }] }, { b: 2, a: 1 })).toEqual([]);
    expect(issues({ enum: [[1, 2]] }, [2, 1])).toHaveLength(1);
  });

  it('takes legal schemas that a strict validator refuses', () => {
    const legal: Json[] = [
      { type: 'object', properties: { a: {} }, example: 1, 'x-vendor': true },
      { properties: { a: { type: 'string' } }, required: ['a', 'b'] },
      { type: ['string', 'number'], minLength: 1 },
      { format: 'no-such-format' },
      { type: 'string', pattern: '^[\\w\\-]+\\-x$' },
      { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://example.com/a', $comment: 'c', type: 'object' },
      { $schema: 'http://json-schema.org/draft-07/schema#', definitions: { a: { type: 'string' } }, items: [{ $ref: '#/definitions/a' }] },
    ];
    for (const schema of legal) expect(compileSchema(schema), JSON.stringify(schema)).toMatchObject({ ok: true });
    expect(issues(legal.at(-1)!, [1])).toEqual(['$[0] must be string']);
  });

  it('a value nested more deeply than the stack is an issue, not a crash', () => {
    let deep: Json = {};
    for (let i = 0; i < 200_000; i++) deep = { n: deep };
    const found = issues({ $ref: '#/$defs/n', $defs: { n: { type: 'object', properties: { n: { $ref: '#/$defs/n' } } } } }, deep);
    expect(found).toEqual([expect.stringContaining('$ cannot be validated')]);
  });

  it('keeps schemas apart: the same $id again, the same object again, no reference to an earlier schema', () => {
    const first = { $id: 'https://example.com/same', type: 'string' };
    expect(issues(first, 1)).toEqual(['$ must be string']);
    expect(issues({ $id: 'https://example.com/same', type: 'number' }, 'x')).toEqual(['$ must be number']);
    expect(issues(first, 1)).toEqual(['$ must be string']);
    expect(compileSchema({ $ref: 'https://example.com/same' })).toMatchObject({ ok: false });
    expect(compileSchema({ $id: 'https://example.com/bad', type: 'strng' })).toMatchObject({ ok: false });
    expect(issues({ $id: 'https://example.com/bad', type: 'string' }, 1)).toEqual(['$ must be string']);
    expect(issues({ properties: { a: { $id: 'https://example.com/inner', type: 'string' } } }, { a: 1 })).toEqual(['$.a must be string']);
    expect(issues({ properties: { a: { $id: 'https://example.com/inner', type: 'number' } } }, { a: 'x' })).toEqual(['$.a must be number']);
  });

  it('leaves schema and value as they are', () => {
    const schema = { type: 'object', properties: { a: { type: 'string', default: 'd' } } };
    const value = {};
    const copy = structuredClone(schema);
    expect(issues(schema, value)).toEqual([]);
    expect([schema, value]).toEqual([copy, {}]);
  });
});

describe('SCH-02 schemas that cannot be used', () => {
  const cases: [title: string, schema: Json, message: RegExp][] = [
    ['an unknown type', { type: 'strng' }, /type/],
    ['a keyword of the wrong kind', { type: 'object', properties: [] }, /properties/],
    ['a broken pattern', { pattern: '(' }, /regular expression/i],
    ['a reference to nowhere', { $ref: '#/$defs/missing' }, /missing/],
    ['a reference to another document, which is not fetched', { $ref: 'https://example.com/schema.json' }, /example\.com/],
    ['a dialect that is not known', { $schema: 'http://json-schema.org/draft-04/schema#' }, /draft-04/],
    ['an asynchronous schema', { $async: true, type: 'object' }, /\$async/],
    ['null', null, /got null/],
    ['an array', [], /got array/],
    ['a number', 3, /got number/],
    ['false, which accepts nothing', false, /accepts no value/],
    [
      'limits that exclude each other',
      { type: 'object', required: ['n'], properties: { n: { type: 'number', minimum: 5, maximum: 4 } } },
      /\$\.n has minimum 5 above maximum 4/,
    ],
    ['the same in allOf', { allOf: [{ type: 'array', minItems: 2, maxItems: 1 }] }, /minItems 2 above maxItems 1/],
  ];
  for (const [title, schema, message] of cases)
    it(title, () => expect(compileSchema(schema)).toEqual({ ok: false, message: expect.stringMatching(message) as string }));

  it('limits that exclude each other where no value need be are fine', () => {
    const schemas: Json[] = [
      { type: 'object', properties: { n: { type: 'number', minimum: 5, maximum: 4 } } },
      { anyOf: [{ type: 'number', minimum: 5, maximum: 4 }, { type: 'string' }] },
      { type: 'string', minimum: 5, maximum: 4 },
      { minItems: 2, maxItems: 1 },
    ];
    for (const schema of schemas) expect(compileSchema(schema)).toMatchObject({ ok: true });
  });
});

it('SCH-08 names inside one schema never meet those of another, nor its own when it is compiled again', () => {
  const nested = (type: string) => ({ items: { $id: '', type }, properties: { a: { $id: 'https://example.org/a', $anchor: 'x', type } } });
  for (const type of ['string', 'number', 'string']) {
    const compiled = compileSchema(nested(type));
    expect(compiled.ok && [compiled.validate(['s']).length, compiled.validate({ a: 1 }).length]).toEqual(type === 'string' ? [0, 1] : [1, 0]);
  }
});
