import { unknownCost, type Cost } from '../../usage/cost.ts';
import { usage, type Usage } from '../../usage/usage.ts';
import type { ClaudeLine, ClaudeModelUsage, ClaudeTokens } from './wire.ts';

/** Cumulative figures of a conversation by model, as they are kept in the session record. */
export type ClaudeBaseline = Record<string, ClaudeModelUsage>;

const tokenCounters = ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens', 'thinkingTokens'] as const;
const counters = [...tokenCounters, 'costUSD'] as const;

/**
 * The figures of this call alone, by model, subagents included. The CLI's `modelUsage` is cumulative over a
 * conversation; the difference to the record is taken where the CLI does not give it.
 */
export function callUsage(result: ClaudeLine, baseline: ClaudeBaseline): Record<string, ClaudeModelUsage> {
  if (result.model_usage_since_last_result) return result.model_usage_since_last_result;
  const difference: Record<string, ClaudeModelUsage> = {};
  const models = result.modelUsage ?? {};
  if (!hasCounts(models)) return difference;
  // What was counted anew is all of this call, whichever model's figures show it.
  const record = isAnew(models, baseline) ? {} : baseline;
  for (const [model, now] of Object.entries(models)) {
    const base = record[model] ?? {};
    difference[model] = { ...now };
    for (const counter of counters) if (now[counter] !== undefined) difference[model][counter] = Math.max(0, now[counter] - (base[counter] ?? 0));
  }
  return difference;
}

/** The record for the next call. A call that failed before it counted anything leaves it as it is. */
export function nextBaseline(result: ClaudeLine | undefined, baseline: ClaudeBaseline): ClaudeBaseline {
  return { ...(result?.modelUsage && hasCounts(result.modelUsage) ? result.modelUsage : baseline) };
}

function hasCounts(models: Record<string, ClaudeModelUsage>): boolean {
  return Object.values(models).some((one) => tokenCounters.some((counter) => (one[counter] ?? 0) > 0));
}

// Counts only grow, so one below the record's, or a model of the record that is gone, was begun anew.
function isAnew(now: ClaudeBaseline, before: ClaudeBaseline): boolean {
  return Object.entries(before).some(([model, old]) => tokenCounters.some((counter) => isBelow(now[model] ? now[model][counter] : 0, old[counter])));
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

const inputNames = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const;

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
    const { usage: told } = line.event;
    known.output_tokens = Math.max(known.output_tokens ?? 0, told.output_tokens ?? 0);
    // Other vendors of this protocol tell the input only here, or only here how much of it was cached: one split, never parts of two.
    if (inputNames.some((name) => (told[name] ?? 0) > 0)) for (const name of inputNames) known[name] = told[name] ?? 0;
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
