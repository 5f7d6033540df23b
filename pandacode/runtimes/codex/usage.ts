import { usage, type Usage } from '../../usage/usage.ts';
import type { CodexTokens } from './stream.ts';

const names = ['input_tokens', 'cached_input_tokens', 'cache_write_input_tokens', 'output_tokens', 'reasoning_output_tokens'] as const;

/** The figures of one turn: the CLI counts over the whole thread, so the record's last count is subtracted. */
export function turnTokens(now: CodexTokens | undefined, before: CodexTokens): Required<CodexTokens> | undefined {
  if (!now) return undefined;
  // A count below the record's was begun anew, so all of it is of this turn.
  const isAnew = (now.input_tokens ?? 0) < (before.input_tokens ?? 0) || (now.output_tokens ?? 0) < (before.output_tokens ?? 0);
  const base = isAnew ? {} : before;
  return Object.fromEntries(names.map((name) => [name, Math.max(0, (now[name] ?? 0) - (base[name] ?? 0))])) as Required<CodexTokens>;
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
