import { unknownCost, type Cost } from '../../usage/cost.ts';
import { usage, type Usage } from '../../usage/usage.ts';
import type { ClaudeLine, ClaudeModelUsage, ClaudeTokens } from './wire.ts';

/** Cumulative figures of a conversation by model, as they are kept in the session record. */
export type ClaudeBaseline = Record<string, ClaudeModelUsage>;

const counters = ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens', 'thinkingTokens', 'costUSD'] as const;

/**
 * The figures of this call alone, by model, subagents included. The CLI's `modelUsage` is cumulative over a
 * conversation; the difference to the record is taken where the CLI does not give it.
 */
export function callUsage(result: ClaudeLine, baseline: ClaudeBaseline): Record<string, ClaudeModelUsage> {
  if (result.model_usage_since_last_result) return result.model_usage_since_last_result;
  const difference: Record<string, ClaudeModelUsage> = {};
  for (const [model, now] of Object.entries(result.modelUsage ?? {})) {
    const before = baseline[model] ?? {};
    difference[model] = { ...now };
    // A count below the record's was begun anew, so all of it is of this call.
    const base = isBelow(now.outputTokens, before.outputTokens) || isBelow(now.inputTokens, before.inputTokens) ? {} : before;
    for (const counter of counters) if (now[counter] !== undefined) difference[model][counter] = Math.max(0, now[counter] - (base[counter] ?? 0));
  }
  return difference;
}

function isBelow(now: number | undefined, before: number | undefined): boolean {
  return now !== undefined && now < (before ?? 0);
}

/** Tokens of a call; null when the CLI counted none, as after a failure before the first answer. */
export function claudeUsage(models: Record<string, ClaudeModelUsage>): Usage | null {
  const all = Object.values(models);
  if (all.length === 0) return null;
  const sum = (counter: (typeof counters)[number]) => all.reduce((total, one) => total + (one[counter] ?? 0), 0);
  return usage({
    input: sum('inputTokens') + sum('cacheReadInputTokens') + sum('cacheCreationInputTokens'),
    cached_input: sum('cacheReadInputTokens'),
    cache_write: sum('cacheCreationInputTokens'),
    output: sum('outputTokens'),
    reasoning: sum('thinkingTokens'),
  });
}

/** The CLI's own cost, only when every model has a list price: for others its figure is invented. */
export function claudeCost(models: Record<string, ClaudeModelUsage>): Cost {
  const all = Object.values(models);
  if (all.length === 0 || all.some((one) => one.costBasis !== 'list' || one.costUSD === undefined)) return unknownCost;
  return { amount: Math.round(all.reduce((total, one) => total + (one.costUSD ?? 0), 0) * 1e8) / 1e8, currency: 'USD', basis: 'list' };
}

const tokenNames = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const;

/** Tokens of a call that is still running, from its streamed messages. */
export class LiveUsage {
  private readonly messages = new Map<string, ClaudeTokens>();
  private current = '';

  add(line: ClaudeLine): boolean {
    const started = line.event?.type === 'message_start' ? line.event.message : undefined;
    if (started?.id) {
      this.current = started.id;
      this.messages.set(started.id, { ...started.usage });
      return true;
    }
    if (line.event?.type !== 'message_delta' || !line.event.usage) return false;
    const known = this.messages.get(this.current);
    if (!known) return false;
    // Other vendors of this protocol tell the input only here. All these figures grow over a message.
    for (const name of tokenNames) known[name] = Math.max(known[name] ?? 0, line.event.usage[name] ?? 0);
    return true;
  }

  /** The sum so far; null before the first answer began. */
  total(): Usage | null {
    const all = [...this.messages.values()];
    if (all.length === 0) return null;
    const sum = (counter: keyof ClaudeTokens) => all.reduce((total, one) => total + (one[counter] ?? 0), 0);
    const cached = sum('cache_read_input_tokens');
    const written = sum('cache_creation_input_tokens');
    return usage({ input: sum('input_tokens') + cached + written, cached_input: cached, cache_write: written, output: sum('output_tokens') }, true);
  }
}
