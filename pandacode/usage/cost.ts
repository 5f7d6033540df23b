import { amountOf, roundMoney } from '../../src/prices/amount.ts';
import { findPrice as find, type Price } from '../../src/prices/find-price.ts';
import type { Usage } from './usage.ts';

export type { Price };

/** What a run cost. `amount` is null when nobody knows. */
export interface Cost {
  amount: number | null;
  currency: string | null;
  /** `list`: the vendor's list price, as its CLI says. `price_file`: computed by us. */
  basis: 'list' | 'price_file' | 'none';
  /** The same in the other of USD and CNY, when a rate is known. */
  converted?: { amount: number; currency: string; usd_cny_rate: number };
  /** `price_file`: where its prices are from, and of which date they are. */
  source?: string;
  updated_at?: string;
}

export const unknownCost: Cost = { amount: null, currency: null, basis: 'none' };

/** The cost of a run by a price. `missed` = tokens that the vendor reports as not cached, when it tells. */
export function priced(tokens: Usage, price: Price, missed?: number): Cost {
  const { input, cached_input: cachedInput, cache_write: cacheWrite, output } = tokens;
  const amount = amountOf({ input, cachedInput, cacheWrite, output }, price, missed);
  return { amount, currency: price.currency, basis: 'price_file' };
}

/** Sum of the turns of a run; unknown as soon as one turn is, or when currencies differ. */
export function addCost(a: Cost | undefined, b: Cost): Cost {
  if (!a) return b;
  if (a.amount === null || b.amount === null || a.currency !== b.currency) return unknownCost;
  const { source, updated_at } = a.basis === 'price_file' ? a : b;
  return {
    amount: roundMoney(a.amount + b.amount),
    currency: a.currency,
    basis: a.basis === b.basis ? a.basis : 'price_file',
    ...(source === undefined ? {} : { source }),
    ...(updated_at === undefined ? {} : { updated_at }),
  };
}

/** The cost with its amount in the other of USD and CNY. */
export function inBothCurrencies(cost: Cost, usdCnyRate: number | undefined): Cost {
  if (usdCnyRate === undefined || cost.amount === null || (cost.currency !== 'USD' && cost.currency !== 'CNY')) return cost;
  const isDollar = cost.currency === 'USD';
  const amount = roundMoney(isDollar ? cost.amount * usdCnyRate : cost.amount / usdCnyRate);
  return { ...cost, converted: { amount, currency: isDollar ? 'CNY' : 'USD', usd_cny_rate: usdCnyRate } };
}

/** Looks a model up in the text of a price file: by `provider:model`, `provider/model`, then by model within the provider. */
export function findPrice(priceFile: string, provider: string, model: string): Price | undefined {
  const table = (JSON.parse(priceFile) as { prices_per_1m_tokens?: Record<string, Price> }).prices_per_1m_tokens ?? {};
  return find(table, [provider], model);
}
