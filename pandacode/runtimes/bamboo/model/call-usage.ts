import type { CallUsage } from './chat-model.ts';

type Raw = Record<string, unknown>;

/** Tokens of a Chat Completions answer, from any of the names that vendors use; null when it reports none. */
export function chatUsage(raw: unknown): Omit<CallUsage, 'estimated'> | null {
  const usage = raw as Raw | null | undefined;
  const prompt = number(usage?.['prompt_tokens']) ?? number(usage?.['input_tokens']);
  const total = number(usage?.['total_tokens']);
  const completion =
    number(usage?.['completion_tokens']) ?? number(usage?.['output_tokens']) ?? (total !== undefined && prompt !== undefined ? total - prompt : undefined);
  if (!usage || prompt === undefined || completion === undefined) return null;
  const details = usage['prompt_tokens_details'] as Raw | undefined;
  const hit = number(usage['prompt_cache_hit_tokens']) ?? number(usage['cached_tokens']) ?? number(details?.['cached_tokens']) ?? 0;
  const reasoning = number((usage['completion_tokens_details'] as Raw | undefined)?.['reasoning_tokens']) ?? 0;
  return { input: prompt, output: completion, reasoning, hit, miss: number(usage['prompt_cache_miss_tokens']) ?? Math.max(0, prompt - hit), cacheWrite: 0 };
}

/** Tokens of a Messages answer, whose `input_tokens` leave cached ones out. */
export function messagesUsage(raw: unknown): Omit<CallUsage, 'estimated'> | null {
  const usage = raw as Raw | null | undefined;
  const fresh = number(usage?.['input_tokens']);
  const output = number(usage?.['output_tokens']);
  if (!usage || fresh === undefined || output === undefined) return null;
  const hit = number(usage['cache_read_input_tokens']) ?? 0;
  const cacheWrite = number(usage['cache_creation_input_tokens']) ?? 0;
  return { input: fresh + hit + cacheWrite, output, reasoning: 0, hit, miss: fresh + cacheWrite, cacheWrite };
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
