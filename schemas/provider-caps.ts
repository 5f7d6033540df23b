import * as z from 'zod';

/** `ODW_HOME/providers.json`: limits by provider, all accounts together, or by `provider/account`, for all runs of this machine; both hold (RATE-01). */
export const providerCapsFile = z.record(
  z.string(),
  z.strictObject({
    /** Dispatches at once. */
    concurrency: z.number().int().min(1).optional(),
    /** Dispatches in any minute. */
    perMinute: z.number().int().min(1).optional(),
  }),
);
