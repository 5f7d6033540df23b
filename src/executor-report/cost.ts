import type { Cost } from '../../schemas/limits.ts';
import { at } from './json-object.ts';

/**
 * What one executor report says that it cost, in USD (MONEY-02): the vendor's own figure is measured, one reckoned from a price
 * list is estimated. Undefined when it says nothing, or in a currency without a rate.
 */
export function reportCost(report: unknown): Cost | undefined {
  for (const place of [['cost'], ['summary', 'cost']]) {
    const cost = at(report, ...place);
    const basis = at(cost, 'basis') === 'price_file' ? 'estimated' : 'measured';
    const usd = inDollars(cost);
    if (usd !== undefined) return { usd, basis };
  }
  for (const place of [['total_cost_usd'], ['summary', 'total_cost_usd'], ['usage', 'cost_usd']]) {
    const usd = amountOf(at(report, ...place));
    if (usd !== undefined) return { usd, basis: 'measured' };
  }
  return undefined;
}

/** Sum of the rounds of one attempt; undefined as soon as one of them is, and estimated as soon as one of them is. */
export function sumCosts(rounds: readonly (Cost | undefined)[]): Cost | undefined {
  let usd = 0;
  let basis: Cost['basis'] = 'measured';
  for (const round of rounds) {
    if (!round) return undefined;
    usd += round.usd;
    if (round.basis === 'estimated') basis = 'estimated';
  }
  return rounds.length === 0 ? undefined : { usd, basis };
}

function inDollars(cost: unknown): number | undefined {
  if (at(cost, 'currency') === 'USD') return amountOf(at(cost, 'amount'));
  return at(cost, 'converted', 'currency') === 'USD' ? amountOf(at(cost, 'converted', 'amount')) : undefined;
}

function amountOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
