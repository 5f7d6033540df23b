import type { Usage } from './usage.ts';

/** What a run cost. `amount` is null when nobody knows. */
export interface Cost {
  amount: number | null;
  currency: string | null;
  /** `list`: the vendor's list price, as its CLI says. `price_file`: computed by us. */
  basis: 'list' | 'price_file' | 'none';
  /** The same in the other of USD and CNY, when a rate is known. */
  converted?: { amount: number; currency: string; usd_cny_rate: number };
}

export const unknownCost: Cost = { amount: null, currency: null, basis: 'none' };

/** One entry of a price file, per million tokens. */
export interface Price {
  model: string;
  currency: string;
  input: number;
  cache_miss_input?: number;
  cache_hit_input?: number;
  output: number;
}

/** The cost of a run by a price. `missed` = tokens that the vendor reports as not cached, when it tells. */
export function priced(tokens: Usage, price: Price, missed?: number): Cost {
  const hit = tokens.cached_input;
  const miss = Math.min(missed ?? tokens.input - hit, tokens.input - hit);
  const rest = tokens.input - hit - miss;
  const amount =
    (hit * (price.cache_hit_input ?? price.input) + miss * (price.cache_miss_input ?? price.input) + rest * price.input + tokens.output * price.output) / 1e6;
  return { amount: round(amount), currency: price.currency, basis: 'price_file' };
}

/** Sum of the turns of a run; unknown as soon as one turn is, or when currencies differ. */
export function addCost(a: Cost | undefined, b: Cost): Cost {
  if (!a) return b;
  if (a.amount === null || b.amount === null || a.currency !== b.currency) return unknownCost;
  return { amount: round(a.amount + b.amount), currency: a.currency, basis: a.basis === b.basis ? a.basis : 'price_file' };
}

/** The cost with its amount in the other of USD and CNY. */
export function inBothCurrencies(cost: Cost, usdCnyRate: number | undefined): Cost {
  if (usdCnyRate === undefined || cost.amount === null || (cost.currency !== 'USD' && cost.currency !== 'CNY')) return cost;
  const isDollar = cost.currency === 'USD';
  const amount = round(isDollar ? cost.amount * usdCnyRate : cost.amount / usdCnyRate);
  return { ...cost, converted: { amount, currency: isDollar ? 'CNY' : 'USD', usd_cny_rate: usdCnyRate } };
}

/** Looks a model up in the text of a price file: by `provider:model`, `provider/model`, then by model within the provider. */
export function findPrice(priceFile: string, provider: string, model: string): Price | undefined {
  const table = (JSON.parse(priceFile) as { prices_per_1m_tokens?: Record<string, Price> }).prices_per_1m_tokens ?? {};
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return (
    table[`${provider}:${model}`] ??
    table[`${provider}/${model}`] ??
    Object.entries(table).find(
      ([key, price]) => /^([^:/]+)[:/]/.exec(key)?.[1] === provider && plain(price.model ?? key.slice(provider.length + 1)) === plain(model),
    )?.[1]
  );
}

function round(amount: number): number {
  return Math.round(amount * 1e8) / 1e8;
}
