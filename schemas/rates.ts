import * as z from 'zod';

const amount = z.number().nonnegative();

/** What a model costs, per million tokens. Input that was read from a cache, missed it, or was written to it costs as `input` where its own price is absent. */
export const price = z.looseObject({
  /** The model's name, where the key spells it another way. */
  model: z.string().optional(),
  currency: z.enum(['USD', 'CNY']).default('USD'),
  input: amount,
  cache_hit_input: amount.optional(),
  cache_miss_input: amount.optional(),
  cache_write_input: amount.optional(),
  output: amount,
});

/** A file of prices: the user's `rates.json`, the one shipped with odw, and what pandacode takes as `--price-file`. */
export const ratesFile = z.looseObject({
  /** Date of the prices; absent = that of the file. */
  updated_at: z.string().optional(),
  /** Yuan for a dollar, where prices are in yuan. */
  usd_cny_rate: z.number().positive().optional(),
  /** Keys are `provider:model`, `provider/model`, or a model alone. */
  prices_per_1m_tokens: z.record(z.string(), price),
});
export type RatesFile = z.infer<typeof ratesFile>;
