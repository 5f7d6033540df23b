import type { Cost } from '../../schemas/limits.ts';
import { roundMoney } from '../prices/amount.ts';
import { at, firstText } from './json-object.ts';

/**
 * What one executor report says that it cost, in USD (MONEY-02): the vendor's own figure is measured, one reckoned from a price
 * list is estimated. Undefined when it says nothing, or in a currency without a rate.
 */
export function reportCost(report: unknown): Cost | undefined {
  for (const place of [['cost'], ['summary', 'cost']]) {
    const cost = at(report, ...place);
    const usd = inDollars(cost);
    if (usd === undefined) continue;
    if (at(cost, 'basis') !== 'price_file') return { usd, basis: 'measured' };
    const source = firstText(at(cost, 'source'));
    const asOf = firstText(at(cost, 'updated_at'));
    return { usd, basis: 'estimated', ...(source === undefined ? {} : { source }), ...(asOf === undefined ? {} : { asOf }) };
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
  const estimates: Cost[] = [];
  for (const round of rounds) {
    if (!round) return undefined;
    usd += round.usd;
    if (round.basis === 'estimated') estimates.push(round);
  }
  if (rounds.length === 0) return undefined;
  if (estimates.length === 0) return { usd: roundMoney(usd), basis: 'measured' };
  const source = [...new Set(estimates.flatMap((one) => one.source ?? []))].join(', ');
  // The oldest says most about how far the sum can be trusted.
  const [asOf] = estimates.flatMap((one) => one.asOf ?? []).sort();
  return { usd: roundMoney(usd), basis: 'estimated', ...(source === '' ? {} : { source }), ...(asOf === undefined ? {} : { asOf }) };
}

function inDollars(cost: unknown): number | undefined {
  if (at(cost, 'currency') === 'USD') return amountOf(at(cost, 'amount'));
  return at(cost, 'converted', 'currency') === 'USD' ? amountOf(at(cost, 'converted', 'amount')) : undefined;
}

function amountOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? roundMoney(value) : undefined;
}
