import { describe, expect, it } from 'vitest';
import { shippedRates } from '../../activities/prices/read-rates.ts';
import type { LedgerRow } from '../../src/ledger/rows.ts';
import type { PlayedNode } from '../../src/lint/estimate.ts';
import { project } from '../../src/projection/project.ts';
import { projectionText } from '../../src/projection/text.ts';

const node = (phase: string, model?: string): PlayedNode => ({ phase, runtime: 'bamboo', provider: 'deepseek', model });
const row = (key: string, phase: string, tokens: number | null, usd: number | null, attempt = 1): LedgerRow => ({
  ...{ key, label: key, phase, attempt, outcome: 'ok', model: 'm', provider: 'deepseek', tokens, outputTokens: null, usage: null, ts: '' },
  cost: usd === null ? null : { usd, basis: 'measured' },
});
const range = (low: number, likely: number, high: number) => ({ low, likely, high });

describe('what a run will take', () => {
  it('MONEY-04 without a recorded run it is the defaults, priced by the models of the nodes; an unknown price is no 0', () => {
    const known = project([node('A', 'deepseek-flash'), node('A', 'deepseek-flash')], undefined, [shippedRates()]);
    expect(known).toEqual({
      basis: { from: 'defaults' },
      nodes: range(2, 2, 2),
      tokens: range(11_000, 104_000, 1_020_000),
      cost: range(0.0042, 0.0348, 0.324),
      unpriced: 0,
    });
    const half = project([node('A', 'deepseek-flash'), node('A')], undefined, [shippedRates()]);
    expect([half.cost?.likely, half.unpriced]).toEqual([0.0174, 1]);
    expect(project([node('A')], undefined, [shippedRates()])).toMatchObject({ cost: null, unpriced: 1 });
    expect(project([], undefined, [])).toMatchObject({ nodes: range(0, 0, 0), cost: range(0, 0, 0), unpriced: 0 });
  });

  it('MONEY-04 with recorded runs it is their means, phase by phase, between the bounds of nine in ten nodes', () => {
    const runs = [
      { runId: 'new', rows: [row('a', 'A', 100, 1), row('b', 'B', 1000, 10), row('c', 'A', 300, 3)] },
      // Attempts of a node add up.
      { runId: 'old', rows: [row('a', 'A', 150, 1.5), row('a', 'A', 50, 0.5, 2)] },
    ];
    const found = project([node('A'), node('A'), node('B'), node('A')], { from: 'script', runs }, []);
    expect(found).toEqual({
      basis: { from: 'script', runs: 2, nodes: 4, newest: 'new' },
      // The recorded runs had one and three nodes.
      nodes: range(1, 4, 4),
      tokens: range(325, 1600, 1900),
      cost: range(3.25, 16, 19),
      unpriced: 0,
    });
    // A phase that no run had takes the mean of all nodes.
    expect(project([node('New')], { from: 'name', runs }, [])).toMatchObject({ basis: { from: 'name' }, tokens: { likely: 400 }, cost: { likely: 4 } });
  });

  it('MONEY-04 recorded nodes of unknown price or tokens stay unknown', () => {
    const of = (...rows: LedgerRow[]) => project([node('A'), node('A')], { from: 'script', runs: [{ runId: 'r', rows }] }, []);
    expect(of(row('a', 'A', 10, 1), row('b', 'A', 10, null))).toMatchObject({ tokens: range(20, 20, 20), cost: range(1, 1, 1), unpriced: 1 });
    expect(of(row('a', 'A', null, null), row('b', 'A', null, null))).toMatchObject({ tokens: null, cost: null, unpriced: 2 });
    // One attempt of unknown price makes its node unknown.
    expect(of(row('a', 'A', 10, 1), row('a', 'A', null, null, 2), row('b', 'A', 5, 2))).toMatchObject({
      tokens: { likely: 10 },
      cost: { likely: 2 },
      unpriced: 1,
    });
  });

  it('MONEY-04 people read ranges and on what they rest', () => {
    expect(projectionText(project([node('A', 'deepseek-flash')], undefined, [shippedRates()]))).toBe(
      `  a real run, by defaults: no run of this script on a real backend is recorded; 5,500 to 510,000 tokens a node:
    nodes   1
    tokens  5,500 to 510,000, likely 52,000
    cost    ~$0.0021 to $0.16, likely $0.02
`,
    );
    const rows = [row('a', 'A', 10, 1), row('b', 'A', 10, null)];
    expect(projectionText(project([node('A'), node('A')], { from: 'name', runs: [{ runId: 'r1', rows }] }, []))).toBe(
      `  a real run, by 1 recorded run of an earlier text of this script, 2 nodes; the newest is r1:
    nodes   2
    tokens  20
    cost    ~$1.00, and 1 node of unknown price
`,
    );
    expect(projectionText(project([node('A')], undefined, []))).toContain('    cost    unknown: no price of the node is known\n');
  });
});
