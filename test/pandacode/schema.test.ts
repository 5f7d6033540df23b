import { describe, expect, it } from 'vitest';
import { jsonCandidates } from '../../pandacode/schema/candidates.ts';
import { unwrapped, wrapped } from '../../pandacode/schema/json-schema.ts';
import { compileSchema, loadSchema } from '../../pandacode/schema/load-schema.ts';
import { repairPrompt, settle } from '../../pandacode/schema/settle.ts';
import { strictSchema, withoutOptionalNulls } from '../../pandacode/schema/strict-schema.ts';

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: 'integer' },
    tags: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' } } } },
  },
  required: ['name'],
};

describe('schemas', () => {
  it('PC-SCHEMA-01 accepts any root, all errors, with paths', async () => {
    const schema = await compileSchema(person, 'x');
    expect(schema.problems({ name: 'a' })).toEqual([]);
    expect(schema.problems({ age: 1.5, tags: [{ id: 1 }] })).toEqual(['$.name is required', '$.age must be integer', '$.tags[0].id must be string']);
    expect((await compileSchema({ type: 'array', prefixItems: [{ const: 1 }] }, 'x')).problems([2])).toEqual(['$[0] must equal 1']);
    expect((await compileSchema(true, 'x')).problems(1)).toEqual([]);
    expect((await compileSchema({ type: 'string', format: 'date' }, 'x')).problems('no date')).toHaveLength(1);
  });

  it('PC-SCHEMA-01 an invalid or missing schema is a usage error', async () => {
    await expect(compileSchema({ type: 'objekt' }, 'x')).rejects.toMatchObject({ slug: 'executor-usage', exitCode: 2 });
    await expect(loadSchema('/nowhere/schema.json')).rejects.toMatchObject({ slug: 'executor-usage' });
  });

  it('PC-SCHEMA-03 looks at the whole text, then the last fence, then the last balanced value', () => {
    const all = (text: string) => [...jsonCandidates(text)];
    expect(all('{"a":1}')[0]).toEqual({ a: 1 });
    expect(all('first\n```json\n{"a":1}\n```\nthen\n```\n{"a":2}\n```\nend')[0]).toEqual({ a: 2 });
    expect(all('I return {"a":"}"} and then [1,{"b":2}] done').at(-1)).toEqual([1, { b: 2 }]);
    expect(all('no json { here')).toEqual([]);
    expect(all('"just text"')[0]).toBe('just text');
  });

  it('PC-SCHEMA-03 a hostile text of brackets comes to an end', () => {
    expect([...jsonCandidates('{['.repeat(1_000_000))]).toEqual([]);
  });

  it('PC-SCHEMA-03 the first candidate that validates wins, the native channel first', async () => {
    const schema = await compileSchema({ type: 'object', required: ['a'], properties: { a: { type: 'number' } } }, 'x');
    expect(settle({ structured: { value: { a: 1 } }, finalText: '{"a":2}' }, schema)).toEqual({ kind: 'valid', value: { a: 1 } });
    expect(settle({ structured: { value: { b: 1 } }, finalText: '{"a":2}' }, schema)).toEqual({ kind: 'valid', value: { a: 2 } });
    expect(settle({ finalText: 'x {"a":"no"} y' }, schema)).toEqual({ kind: 'invalid', issues: ['$.a must be number'], value: { a: 'no' } });
    expect(settle({ finalText: 'prose' }, schema)).toMatchObject({ kind: 'invalid', issues: [expect.stringContaining('no JSON value')] });
  });

  it('PC-SCHEMA-04 an error feedback is told apart, unless the schema accepts it', async () => {
    const reply = {
      ok: false,
      origin: { phase: 'p', agent: 'a' },
      error: { category: 'c', message: 'm' },
      feedback: { retryable: false, user_message: 'u', next_action: 'n' },
    };
    expect(settle({ finalText: JSON.stringify(reply) }, await compileSchema({ required: ['x'] }, 'x'))).toEqual({ kind: 'feedback', value: reply });
    expect(settle({ finalText: JSON.stringify(reply) }, await compileSchema({ required: ['ok'] }, 'x')).kind).toBe('valid');
    expect(settle({ finalText: '{"ok":false}' }, await compileSchema({ required: ['x'] }, 'x')).kind).toBe('invalid');
  });

  it('PC-SCHEMA-04 a repair prompt lists at most 20 problems and repeats the schema', async () => {
    const text = repairPrompt(
      Array.from({ length: 30 }, (_, i) => `$.p${i} is required`),
      await compileSchema(person, 'x'),
    );
    expect(text.match(/is required/g)).toHaveLength(20);
    expect(text).toContain('"minLength": 1');
  });
});

describe('schemas for the vendors', () => {
  it('PC-CLAUDE-22 wraps a root that is no object and takes the wrapping away', () => {
    const { schema, isWrapped } = wrapped({ type: 'array', items: { $ref: '#/$defs/n' }, $defs: { n: { type: 'number' } } });
    expect(schema).toEqual({
      type: 'object',
      properties: { result: { type: 'array', items: { $ref: '#/$defs/n' } } },
      required: ['result'],
      additionalProperties: false,
      $defs: { n: { type: 'number' } },
    });
    expect([unwrapped({ result: [1] }, isWrapped), unwrapped([1], isWrapped), unwrapped({ result: 1 }, false)]).toEqual([[1], [1], { result: 1 }]);
    expect(wrapped(person).isWrapped).toBe(false);
  });

  it('PC-CODEX-21 closes objects, requires everything, lets optional parts be null, drops the rest', () => {
    expect(strictSchema(person)).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string' },
        age: { type: ['integer', 'null'] },
        tags: {
          type: ['array', 'null'],
          items: { type: 'object', properties: { id: { type: ['string', 'null'] } }, required: ['id'], additionalProperties: false },
        },
      },
      required: ['name', 'age', 'tags'],
      additionalProperties: false,
    });
    expect(strictSchema({ type: 'object', properties: { e: { enum: ['a'] }, n: { type: ['string', 'null'] } } })['properties']).toEqual({
      e: { anyOf: [{ enum: ['a'] }, { type: 'null' }] },
      n: { type: ['string', 'null'] },
    });
    expect(strictSchema({ type: 'object', properties: {}, definitions: { d: { oneOf: [{ type: 'string' }] } }, $ref: '#/definitions/d' })).toMatchObject({
      $ref: '#/$defs/d',
      $defs: { d: { anyOf: [{ type: 'string' }] } },
    });
  });

  const text = { type: 'string' };
  const textOrNull = { type: ['string', 'null'] };
  const object = (required: string[], properties: object) => ({ type: 'object', required, properties });

  it.each([
    ['of the type', [object(['id'], { id: text, x: text }), object(['id', 'x'], { id: { type: 'integer' }, x: textOrNull })], { id: 1, x: null }],
    ['of the type, a list', [object([], { id: text, x: text }), object(['x'], { id: { type: 'array' }, x: textOrNull })], { id: [], x: null }],
    ['that allows the null', [object(['a'], { a: text, b: text }), object(['a', 'b'], { a: textOrNull, b: textOrNull })], { a: null, b: null }],
    [
      'with a null among its fixed values',
      [object(['a'], { a: { enum: ['x'] }, b: text }), object(['a', 'b'], { a: { const: null }, b: {} })],
      { a: null, b: null },
    ],
    ['with all the names', [object([], { x: text }), object(['x', 'y'], { x: textOrNull, y: text })], { x: null, y: 'y' }],
  ])('PC-CODEX-21 in a union the branch %s is the one whose nulls are looked at', (_, anyOf, value) => {
    expect(withoutOptionalNulls(value, { anyOf })).toEqual(value);
  });

  it('PC-CODEX-21 in a union a number may be of the branch for whole or for any numbers', () => {
    const anyOf = [object(['n'], { n: { type: 'integer' }, x: textOrNull }), object(['n'], { n: { type: 'number' }, x: text })];
    expect([1, 1.5].map((n) => withoutOptionalNulls({ n, x: null }, { anyOf }))).toEqual([{ n: 1, x: null }, { n: 1.5 }]);
  });

  it('PC-CODEX-21 in a union a list is of the branch whose items have its type', () => {
    const list = (items: object) => ({ type: 'array', items });
    expect(withoutOptionalNulls([{ x: null }], { anyOf: [list(text), list(object([], { x: text }))] })).toEqual([{}]);
  });

  it('PC-CODEX-21 a value that fits as it was given is not adapted; problems are those of the adapted one', async () => {
    const schema = await compileSchema(object(['a'], { a: text, x: text }), 'x');
    const settled = (asGiven: unknown, value: unknown) => settle({ structured: { asGiven, value }, finalText: '' }, schema);
    expect(settled({ a: 'given' }, { a: 'adapted' })).toEqual({ kind: 'valid', value: { a: 'given' } });
    expect(settled({ a: 'b', x: null }, { a: 'b' })).toEqual({ kind: 'valid', value: { a: 'b' } });
    expect(settled({ a: 1, x: null }, { a: 1 })).toEqual({ kind: 'invalid', issues: ['$.a must be string'], value: { a: 1 } });
  });

  it('PC-CODEX-21 removes the nulls of optional properties, and only those', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: ['string', 'null'] }, c: { type: 'null' }, list: { type: 'array', items: { $ref: '#/$defs/i' } } },
      required: ['c'],
      $defs: { i: { type: 'object', properties: { x: { type: 'number' } } } },
    };
    expect(withoutOptionalNulls({ a: null, b: null, c: null, d: null, list: [{ x: null }, { x: 1 }] }, schema)).toEqual({
      b: null,
      c: null,
      d: null,
      list: [{}, { x: 1 }],
    });
  });
});
