import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/json.ts';
import { failureCauses } from '../../src/journal/causes.ts';

const node = (label: string, result: Json) => ({ key: label, index: 1, label, phase: '', attempt: 1, maxAttempts: 1, ok: false as const, result, ts: '' });
const failed = (...nodes: ReturnType<typeof node>[]) => Object.fromEntries(nodes.map((one) => [one.key, one]));
const error = (message: string, next_action?: string) => ({ ok: false, error: { category: 'x', message, ...(next_action ? { next_action } : {}) } });

describe('failureCauses', () => {
  it('says nothing of a run without failed nodes', () => {
    expect(failureCauses({})).toEqual([]);
  });

  it('names each cause once, most frequent first, with labels and what to do', () => {
    const lines = failureCauses(
      failed(
        node('a', error('the claude CLI was not found (claude)', 'Install the claude CLI.')),
        node('b', error('timed out after 5 s.')),
        node('c', error('the claude CLI was not found (claude)', 'Install the claude CLI.')),
      ),
    );
    expect(lines).toEqual(['a, c: the claude CLI was not found (claude). Install the claude CLI.', 'b: timed out after 5 s.']);
  });

  it('shortens long lists of labels, long messages and many causes', () => {
    const same = failureCauses(failed(...['a', 'b', 'c', 'd', 'e'].map((label) => node(label, error('no')))));
    expect(same).toEqual(['a, b, c and 2 more: no']);
    const many = failureCauses(failed(...Array.from({ length: 7 }, (_, i) => node(`n${i}`, error(`cause ${i}`)))));
    expect(many).toHaveLength(6);
    expect(many[5]).toBe('and 2 more for 2 other reasons');
    expect(failureCauses(failed(node('long', error(`x\n${'y'.repeat(5000)}`))))[0]).toHaveLength('long: '.length + 600);
  });

  it.each<[Json, string]>([
    [null, 'n: failed without a reason'],
    [{ ok: false, error: 'text' }, 'n: failed without a reason'],
    [{ ok: false, error: { category: 'auth' } }, 'n: auth'],
    [{ ok: false, error: { message: 'no key' }, feedback: { next_action: 'Set KEY.' } }, 'n: no key. Set KEY.'],
    [{ ok: false, error: { message: 'no key. Set KEY.', next_action: 'Set KEY.' } }, 'n: no key. Set KEY.'],
  ])('reads %j', (result, line) => {
    expect(failureCauses(failed(node('n', result)))).toEqual([line]);
  });
});
