import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chunksOf } from '../../src/continuation/chunks.ts';

const folder = join(import.meta.dirname, '../../workflows');

// What reaches a run past workflows/outside/ is lost when the run goes on in a new execution.
it('workflow code takes nothing from outside but through workflows/outside/', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.startsWith('outside'));
  expect(files.length).toBeGreaterThan(20);
  const found = files.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const imported = [...text.matchAll(/import (?:type )?\{([^}]*)\} from '@temporalio\/workflow'/g)].flatMap(([, names]) =>
      (names as string).split(',').map((one) => one.trim()),
    );
    return imported
      .filter((one) => /^(sleep|condition|setHandler|patched|deprecatePatch|continueAsNew|uuid4|executeChild|startChild|Trigger)$/.test(one))
      .map((one) => `${name}: ${one}`);
  });
  expect(found).toEqual([]);
});

it('a longer list of batches begins with the same chunks', () => {
  const batches = Array.from({ length: 40 }, (_, n) => ({ t: n, items: [{ op: n, as: 'agent', value: 'x'.repeat(40_000) }] }));
  const few = chunksOf(batches.slice(0, 30));
  const all = chunksOf(batches);
  expect(all.flat()).toEqual(batches);
  expect(few.length).toBeGreaterThan(1);
  expect(all.slice(0, few.length - 1)).toEqual(few.slice(0, -1));
  expect(chunksOf([])).toEqual([]);
});
