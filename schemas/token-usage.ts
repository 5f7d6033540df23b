import * as z from 'zod';

const tokens = z.number().nonnegative();

/**
 * Tokens of an attempt, with one meaning for all executors (MONEY-01): `input` includes those that were read from a cache and those that
 * were written to it, `output` includes reasoning. Their sum is the total.
 */
export const tokenUsage = z.object({ input: tokens, cachedInput: tokens, cacheWrite: tokens, output: tokens, reasoning: tokens });
export type TokenUsage = z.infer<typeof tokenUsage>;
