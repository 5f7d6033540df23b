import { describe, expect, it } from 'vitest';
import { allWell, censusKinds, NodeCensus } from '../../src/journal/census.ts';

const done = (key: string, category?: string) => ({
  type: 'agent_done',
  ts: '',
  key,
  ok: category === undefined,
  result: category === undefined ? 1 : { ok: false, error: { category } },
});

describe('NodeCensus', () => {
  it('RUN-03 counts each way to end', () => {
    const census = new NodeCensus();
    census.record({ type: 'agent_skip', ts: '', key: 'a' });
    census.record(done('b'));
    const categories = [
      'pandacode_failed',
      'cancelled',
      'content_filter',
      'empty_result',
      'schema_mismatch',
      'quota',
      'pandacode_timeout',
      'skipped',
      'constructor',
    ];
    categories.forEach((category, i) => census.record(done(`c${i}`, category)));
    expect(census.counts()).toEqual({ ok: 1, failed: 2, cached: 1, stopped: 1, refused: 1, empty: 1, schemaInvalid: 1, quota: 1, timeout: 1, skipped: 1 });
  });

  it('RUN-03 a node counts once, as it ended last', () => {
    const census = new NodeCensus();
    census.record({ type: 'agent_start', ts: '', key: 'a' });
    expect(Object.values(census.counts()).every((n) => n === 0)).toBe(true);
    census.record(done('a', 'quota'));
    census.record(done('a'));
    expect(census.counts()).toEqual({ ...Object.fromEntries(censusKinds.map((kind) => [kind, 0])), ok: 1 });
  });
});

describe('a run of which every node has a result', () => {
  it('RUN-03 is one whose nodes were made or taken over, all of them', () => {
    const none = new NodeCensus().counts();
    expect(allWell(none)).toBe(true);
    expect(allWell({ ...none, ok: 3, cached: 2 })).toBe(true);
    for (const kind of censusKinds) expect(allWell({ ...none, ok: 3, [kind]: 1 }), kind).toBe(['ok', 'cached'].includes(kind));
  });
});
