import { addCost, inBothCurrencies, priced, unknownCost, type Cost, type Price } from '../../../usage/cost.ts';
import { addUsage, usage, type Usage } from '../../../usage/usage.ts';
import type { CallUsage } from '../model/chat-model.ts';

/** Adds up what the calls of a run used, and what they cost by a price. */
export class TokenMeter {
  calls = 0;
  hit = 0;
  miss = 0;
  private cost: Cost | undefined;
  private sum: Usage | undefined;
  private readonly price: Price | undefined;
  private readonly usdCnyRate: number | undefined;

  constructor(price: Price | undefined, usdCnyRate?: number) {
    this.price = price;
    this.usdCnyRate = usdCnyRate;
  }

  add(call: CallUsage): void {
    this.calls++;
    this.hit += call.hit;
    this.miss += call.miss;
    const one = usage(
      { input: call.input, cached_input: call.hit, cache_write: call.cacheWrite, output: call.output, reasoning: call.reasoning },
      call.estimated,
    );
    this.sum = addUsage(this.sum ?? null, one) ?? undefined;
    if (this.price) this.cost = addCost(this.cost, priced(one, this.price, call.miss));
  }

  /** Null when no call was answered. */
  total(isCutOff = false): Usage | null {
    if (!this.sum) return null;
    return { ...this.sum, calls: this.calls, ...(isCutOff ? { estimated: true } : {}) };
  }

  totalCost(): Cost {
    return this.cost ? inBothCurrencies(this.cost, this.usdCnyRate) : unknownCost;
  }

  /** Zero in the currency of the price: tells which currencies can be measured. */
  costOfNothing(): Cost {
    if (!this.price) return unknownCost;
    return inBothCurrencies({ amount: 0, currency: this.price.currency, basis: 'price_file' }, this.usdCnyRate);
  }

  /** The names of `summary.usage`. */
  raw(): Record<string, unknown> | null {
    if (!this.sum) return null;
    return {
      calls: this.calls,
      input_tokens: this.sum.input,
      output_tokens: this.sum.output,
      reasoning_tokens: this.sum.reasoning,
      total_tokens: this.sum.total,
      cache_hit_tokens: this.hit,
      cache_miss_tokens: this.miss,
    };
  }
}
