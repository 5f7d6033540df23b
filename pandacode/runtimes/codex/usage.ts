import { usage, type Usage } from '../../usage/usage.ts';
import type { CodexTokens } from './stream.ts';

const names = ['input_tokens', 'cached_input_tokens', 'cache_write_input_tokens', 'output_tokens', 'reasoning_output_tokens'] as const;

/** The figures of one turn: the CLI counts over the whole thread, so the record's last count is subtracted. Undefined when it counted nothing. */
export function turnTokens(now: CodexTokens | undefined, before: CodexTokens): Required<CodexTokens> | undefined {
  if (!now || !hasCounts(now)) return undefined;
  // Counts only grow, so when one is below the record's they were begun anew, and all of them are of this turn.
  const isAnew = names.some((name) => now[name] !== undefined && now[name] < (before[name] ?? 0));
  const base = isAnew ? {} : before;
  return Object.fromEntries(names.map((name) => [name, Math.max(0, (now[name] ?? 0) - (base[name] ?? 0))])) as Required<CodexTokens>;
}

/** The record for the next turn. A turn that failed before it counted anything leaves it as it is. */
export function nextTokens(now: CodexTokens | undefined, before: CodexTokens): CodexTokens {
  return { ...(now && hasCounts(now) ? now : before) };
}

function hasCounts(tokens: CodexTokens): boolean {
  return names.some((name) => (tokens[name] ?? 0) > 0);
}

/** The CLI's input already includes cached tokens. */
export function codexUsage(tokens: Required<CodexTokens> | undefined): Usage | null {
  if (!tokens) return null;
  return usage({
    input: tokens.input_tokens,
    cached_input: tokens.cached_input_tokens,
    cache_write: tokens.cache_write_input_tokens,
    output: tokens.output_tokens,
    reasoning: tokens.reasoning_output_tokens,
  });
}
