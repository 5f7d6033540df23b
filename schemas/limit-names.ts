// No zod here: the workflow bundle takes these in.

/** What trips as `LIMIT_<NAME>` when it is used up (LIMIT-01), in the order in which it is looked at. */
export const limitNames = ['agents', 'tokens', 'outputTokens', 'money', 'retries', 'failures', 'wallTime'] as const;
export type LimitName = (typeof limitNames)[number];
