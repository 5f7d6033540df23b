import { afterEach, describe, expect, it, vi } from 'vitest';
import { validatorFor } from '../../activities/run-node/validator.ts';
import type { Json } from '../../schemas/json.ts';
import * as compile from '../../src/schema/compile.ts';
import { prepareSchema } from '../../temporal/worker/preparations.ts';

vi.mock('../../src/schema/compile.ts', { spy: true });
afterEach(() => vi.clearAllMocks());

function schemaOf(properties: number, name: string): Json {
  const entries = Array.from({ length: properties }, (_, index) => [`${name}_${index}`, { type: 'string', description: 'd'.repeat(40), maxLength: 100 }]);
  return { type: 'object', properties: Object.fromEntries(entries) as Json, required: [`${name}_0`] };
}

describe('a large schema', () => {
  it('SCH-08 of a megabyte is compiled once for a worker, however many nodes have it, and still judges', async () => {
    const schema = schemaOf(8000, 'field');
    expect(JSON.stringify(schema).length).toBeGreaterThan(800_000);
    expect(await prepareSchema({ root: '/', schema })).toMatchObject({ ok: true });
    for (let node = 0; node < 5; node++) {
      const compiled = validatorFor(JSON.parse(JSON.stringify(schema)) as Json);
      expect(compiled.ok && compiled.validate({ field_0: 'a', field_7999: 7 })).toEqual([expect.stringContaining('field_7999')]);
      expect(compiled.ok && compiled.validate({ field_0: 'a' })).toEqual([]);
    }
    expect(compile.compileSchema).toHaveBeenCalledTimes(1);
  });

  it('that cannot be compiled is told the same way each time', async () => {
    const schema = { type: 'object', properties: { a: { type: 'no such type' } } };
    const [first, again] = [await prepareSchema({ root: '/', schema }), await prepareSchema({ root: '/', schema })];
    expect(first).toMatchObject({ ok: false });
    expect(again).toEqual(first);
    expect(compile.compileSchema).toHaveBeenCalledTimes(1);
  });
});
