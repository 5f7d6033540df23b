import { expect, it } from 'vitest';
import { isExcluded, readPatterns } from '../../src/inputs/patterns.ts';

// A generator of the test's own, so that a failure comes again.
function* letters(seed: number): Generator<number, never> {
  for (let state = seed; ;) yield (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8;
}

it('EXPL-02 every text is a pattern or is refused with a message, and none leads out of the project', () => {
  const random = letters(7);
  const parts = ['a', 'b', 'é', '😀', '*', '**', '?', '[', ']', '!', '^', '-', '{', '}', ',', '/', '.', '..', '\\', '(', '+', '$', '|', ' ', '~', '&&', '--'];
  let read = 0;
  for (let n = 0; n < 20_000; n++) {
    const text = Array.from({ length: 1 + (random.next().value % 12) }, () => parts[random.next().value % parts.length]).join('');
    const found = readPatterns([text, 'a'], ['/project']);
    if (!found.ok) {
      expect(found.message).toContain(JSON.stringify(text));
      continue;
    }
    read++;
    for (const { path } of found.include) expect([text, path.split('/').includes('..'), path.startsWith('/')]).toEqual([text, false, false]);
    expect(typeof isExcluded('a/b/c.ts', found.exclude)).toBe('boolean');
  }
  expect(read).toBeGreaterThan(5000);
});
