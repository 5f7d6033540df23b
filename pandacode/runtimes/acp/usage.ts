import { usage, type Usage } from '../../usage/usage.ts';
import type { UsageHabit } from './agents.ts';

/** Token figures as agents send them. */
export interface AcpTokens {
  inputTokens?: number | null;
  outputTokens?: number | null;
  totalTokens?: number | null;
  cachedReadTokens?: number | null;
  cachedWriteTokens?: number | null;
  thoughtTokens?: number | null;
}

/**
 * Our count of an agent's figures; null when they do not fit together. Some agents count cached tokens within the
 * input and thoughts within the output, others beside them: their total tells which.
 */
export function acpUsage(tokens: AcpTokens | null | undefined, isPartial = false): Usage | null {
  if (typeof tokens?.inputTokens !== 'number' || typeof tokens.outputTokens !== 'number') return null;
  const cached = tokens.cachedReadTokens ?? 0;
  const written = tokens.cachedWriteTokens ?? 0;
  const thought = tokens.thoughtTokens ?? 0;
  const within = tokens.inputTokens + tokens.outputTokens;
  const rest = (tokens.totalTokens ?? within) - within;
  const readings: [number, number][] = [
    [0, 0],
    [cached + written, 0],
    [0, thought],
    [cached + written, thought],
  ];
  const reading = readings.find(([input, output]) => input + output === rest);
  if (!reading) return null;
  return usage(
    {
      input: tokens.inputTokens + reading[0],
      cached_input: cached,
      cache_write: written,
      output: tokens.outputTokens + reading[1],
      reasoning: thought,
    },
    isPartial,
  );
}

/**
 * The tokens of one turn, by the habit of the agent: what it said with its answer, or the sum of its updates. Null
 * when nothing is known; a part of the truth is marked as estimated.
 */
export function turnUsage(habit: UsageHabit | undefined, answer: AcpTokens | null | undefined, updates: Usage | null, modelCalls: number): Usage | null {
  if (habit === 'updates') return updates && (answer === undefined ? { ...updates, estimated: true } : updates);
  const said = acpUsage(answer, habit === 'last_call' && modelCalls > 1);
  return said ?? (updates && { ...updates, estimated: true });
}
