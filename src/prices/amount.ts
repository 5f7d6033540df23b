import type { Price } from './find-price.ts';

/** Tokens as they are priced: `input` includes those read from a cache and those written to it, `output` includes reasoning. */
export interface PricedTokens {
  input: number;
  cachedInput: number;
  cacheWrite: number;
  output: number;
}

/**
 * What tokens cost by a price, in its currency, to a hundred-millionth.
 *
 * @param missed tokens that the vendor itself counts as not cached, when it tells; default all that were neither read nor written
 */
export function amountOf({ input, cachedInput, cacheWrite, output }: PricedTokens, price: Price, missed?: number): number {
  const hit = Math.min(cachedInput, input);
  const written = price.cache_write_input === undefined ? 0 : Math.min(cacheWrite, input - hit);
  const other = input - hit - written;
  const miss = Math.min(missed ?? other, other);
  const sum =
    hit * (price.cache_hit_input ?? price.input) +
    written * (price.cache_write_input ?? price.input) +
    miss * (price.cache_miss_input ?? price.input) +
    (other - miss) * price.input +
    output * price.output;
  return roundMoney(sum / 1e6);
}

/** To a hundred-millionth: amounts add up to the same sum in whatever order. */
export function roundMoney(amount: number): number {
  return Math.round(amount * 1e8) / 1e8;
}
