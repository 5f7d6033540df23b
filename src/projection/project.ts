import { roundMoney } from '../prices/amount.ts';
import { providersOf } from '../prices/price-round.ts';
import { estimateCost, type Rates } from '../prices/rates.ts';
import type { PlayedNode } from '../lint/estimate.ts';
import type { LedgerRow } from '../ledger/rows.ts';

/** A guess: between `low` and `high`, most likely `likely`. */
export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** A closed run of the same script, on a real backend. */
export interface RecordedRun {
  runId: string;
  rows: readonly LedgerRow[];
}

/** What a run will take, and on what that rests (MONEY-04). */
export interface Projection {
  /** `script`: runs of this very script; `name`: of an earlier text under its name; `defaults`: there is no such run. */
  basis: { from: 'script' | 'name'; runs: number; nodes: number; newest: string } | { from: 'defaults' };
  nodes: Range;
  /** Null: the recorded runs told none. */
  tokens: Range | null;
  /** USD, of the nodes whose price is known; null when that is none of them. */
  cost: Range | null;
  /** How many of the nodes have an unknown price: they are not in `cost`. */
  unpriced: number;
}

/** What a node is taken to use without any record, for want of better: an agent that reads little, some, and a lot. */
const defaults = { low: { input: 5_000, output: 500 }, likely: { input: 50_000, output: 2_000 }, high: { input: 500_000, output: 10_000 } };
const ends = ['low', 'likely', 'high'] as const;

/**
 * Projects what a run of the played nodes will take. With recorded runs each node takes the mean of the recorded nodes of its phase,
 * between the least and the most of nine in ten of them; without them it takes the defaults, priced by its model.
 */
export function project(
  played: readonly PlayedNode[],
  recorded: { from: 'script' | 'name'; runs: readonly RecordedRun[] } | undefined,
  rates: readonly Rates[],
): Projection {
  const nodes = recorded?.runs.flatMap(({ rows }) => nodesOf(rows)) ?? [];
  if (!recorded || nodes.length === 0) return byDefaults(played, rates);
  const counts = [played.length, ...recorded.runs.map(({ rows }) => new Set(rows.map(({ key }) => key)).size)];
  const range = { low: Math.min(...counts), likely: played.length, high: Math.max(...counts) };
  const tokens = noRange();
  const cost = noRange();
  let unpriced = 0;
  let untold = 0;
  for (const { phase } of played) {
    const ofPhase = nodes.filter((node) => node.phase === phase);
    const like = ofPhase.length > 0 ? ofPhase : nodes;
    const told = like.flatMap((node) => node.tokens ?? []);
    const priced = like.flatMap((node) => node.usd ?? []);
    if (told.length === 0) untold++;
    else add(tokens, spread(told), 1);
    // A share of such nodes has no known price.
    if (priced.length > 0) add(cost, spread(priced), priced.length / like.length);
    unpriced += 1 - priced.length / like.length;
  }
  // The run may have fewer or more nodes than the played one.
  for (const sum of [tokens, cost]) {
    if (played.length === 0) continue;
    sum.low *= range.low / played.length;
    sum.high *= range.high / played.length;
  }
  const count = Math.max(0, Math.ceil(unpriced - 1e-9));
  return {
    basis: { from: recorded.from, runs: recorded.runs.length, nodes: nodes.length, newest: recorded.runs[0]?.runId ?? '' },
    nodes: range,
    tokens: untold === played.length && played.length > 0 ? null : each(tokens, Math.round),
    cost: count >= played.length && played.length > 0 ? null : each(cost, roundMoney),
    unpriced: count,
  };
}

function byDefaults(played: readonly PlayedNode[], rates: readonly Rates[]): Projection {
  const tokens = noRange();
  const cost = noRange();
  let unpriced = 0;
  for (const node of played) {
    add(
      tokens,
      each({ ...noRange() }, (_, end) => defaults[end].input + defaults[end].output),
      1,
    );
    const { model } = node;
    const price = (end: keyof Range) => {
      const kinds = { ...defaults[end], cachedInput: 0, cacheWrite: 0, reasoning: 0 };
      return model === undefined ? undefined : estimateCost(rates, { model, providers: providersOf(node) }, kinds)?.usd;
    };
    if (price('low') === undefined) unpriced++;
    else
      add(
        cost,
        each(noRange(), (_, end) => price(end) ?? 0),
        1,
      );
  }
  const count = played.length;
  return {
    basis: { from: 'defaults' },
    nodes: { low: count, likely: count, high: count },
    tokens,
    cost: unpriced === count && count > 0 ? null : each(cost, roundMoney),
    unpriced,
  };
}

interface RecordedNode {
  phase: string;
  /** Of all its attempts; undefined = one of them did not tell. */
  tokens: number | undefined;
  usd: number | undefined;
}

function nodesOf(rows: readonly LedgerRow[]): RecordedNode[] {
  const nodes = new Map<string, RecordedNode>();
  const sum = (before: number | undefined, more: number | null | undefined) => (before === undefined || more == null ? undefined : before + more);
  for (const { key, phase, tokens, cost } of rows) {
    const before = nodes.get(key) ?? { phase, tokens: 0, usd: 0 };
    nodes.set(key, { phase, tokens: sum(before.tokens, tokens), usd: sum(before.usd, cost?.usd) });
  }
  return [...nodes.values()];
}

// The mean, and the bounds between which nine in ten lie.
function spread(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.round((sorted.length - 1) * part)] ?? 0;
  const likely = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { low: Math.min(at(0.05), likely), likely, high: Math.max(at(0.95), likely) };
}

function noRange(): Range {
  return { low: 0, likely: 0, high: 0 };
}

function add(sum: Range, more: Range, share: number): void {
  for (const end of ends) sum[end] += more[end] * share;
}

function each(range: Range, change: (value: number, end: keyof Range) => number): Range {
  return { low: change(range.low, 'low'), likely: change(range.likely, 'likely'), high: change(range.high, 'high') };
}
