/** Tokens of a run. `input` includes cached and cache-written tokens, `output` includes reasoning; total = input + output. */
export interface Usage {
  input: number;
  cached_input: number;
  cache_write: number;
  output: number;
  reasoning: number;
  total: number;
  /** Equals `total`; the name that odw reads. */
  total_tokens: number;
  /** Model calls, where they are counted. */
  calls?: number;
  /** True when the run was cut off, so that these are the tokens seen so far. */
  estimated?: boolean;
}

export function usage(parts: { input: number; cached_input?: number; cache_write?: number; output: number; reasoning?: number }, estimated = false): Usage {
  const total = parts.input + parts.output;
  return {
    input: parts.input,
    cached_input: parts.cached_input ?? 0,
    cache_write: parts.cache_write ?? 0,
    output: parts.output,
    reasoning: parts.reasoning ?? 0,
    total,
    total_tokens: total,
    ...(estimated ? { estimated: true } : {}),
  };
}

/** Sum of two counts, null for one that is not known; null only when neither is. */
export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (!a || !b) return a || b;
  const sum = usage(
    {
      input: a.input + b.input,
      cached_input: a.cached_input + b.cached_input,
      cache_write: a.cache_write + b.cache_write,
      output: a.output + b.output,
      reasoning: a.reasoning + b.reasoning,
    },
    Boolean(a.estimated || b.estimated),
  );
  return a.calls === undefined || b.calls === undefined ? sum : { ...sum, calls: a.calls + b.calls };
}
