import type { Cost } from '../../schemas/limits.ts';
import type { RatesFile } from '../../schemas/rates.ts';
import type { TokenUsage } from '../../schemas/token-usage.ts';
import { amountOf, roundMoney } from './amount.ts';
import { findPrice } from './find-price.ts';

/** Prices from one place. */
export interface Rates {
  /** What people are told: a path, or `shipped prices`. */
  source: string;
  /** Date of the prices. */
  asOf: string;
  file: RatesFile;
}

/** Whose model answered: names of the vendor and of the service, and the model. */
export interface Answerer {
  providers: readonly string[];
  model: string;
}

/** What tokens cost by the first of the rates that knows the model; undefined when none does, or only in a currency without a rate. */
export function estimateCost(rates: readonly Rates[], { providers, model }: Answerer, usage: TokenUsage): Cost | undefined {
  for (const { source, asOf, file } of rates) {
    const price = findPrice(file.prices_per_1m_tokens, providers, model);
    if (!price) continue;
    const usd = inDollars(amountOf(usage, price), price.currency, [file, ...rates.map((one) => one.file)]);
    if (usd !== undefined) return { usd, basis: 'estimated', source, asOf };
  }
  return undefined;
}

/** Whether some of the rates can price a model in dollars. */
export function hasPrice(rates: readonly Rates[], answerer: Answerer): boolean {
  return estimateCost(rates, answerer, { input: 1, cachedInput: 0, cacheWrite: 0, output: 1, reasoning: 0 }) !== undefined;
}

function inDollars(amount: number, currency: string, files: readonly RatesFile[]): number | undefined {
  if (currency === 'USD') return amount;
  const rate = files.find(({ usd_cny_rate }) => usd_cny_rate !== undefined)?.usd_cny_rate;
  return currency === 'CNY' && rate !== undefined ? roundMoney(amount / rate) : undefined;
}
