import type { TokenUsage } from '../../schemas/token-usage.ts';
import { at } from './json-object.ts';
import { usageTotal, usagesOf } from './tokens.ts';

type Path = readonly string[];

const input: Path[] = [['input'], ['inputTokens'], ['input_tokens'], ['prompt_tokens']];
const output: Path[] = [['output'], ['outputTokens'], ['output_tokens'], ['completion_tokens']];
const reasoning: Path[] = [
  ['reasoning'],
  ['reasoningTokens'],
  ['reasoning_tokens'],
  ['reasoningOutputTokens'],
  ['reasoning_output_tokens'],
  ['output_tokens_details', 'reasoning_tokens'],
  ['completion_tokens_details', 'reasoning_tokens'],
  ['thoughtTokens'],
];
// Where the vendor counts cached tokens within the input …
const cached: Path[] = [
  ['cached_input'],
  ['cachedInput'],
  ['cachedInputTokens'],
  ['cached_input_tokens'],
  ['input_tokens_details', 'cached_tokens'],
  ['prompt_tokens_details', 'cached_tokens'],
  ['prompt_cache_hit_tokens'],
];
const written: Path[] = [['cache_write'], ['cacheWrite'], ['cacheWriteInputTokens'], ['cache_write_input_tokens']];
// … and where it counts them beside it.
const cachedBeside: Path[] = [['cache_read_input_tokens'], ['cacheReadInputTokens']];
const writtenBeside: Path[] = [['cache_creation_input_tokens'], ['cacheCreationInputTokens']];

/**
 * The tokens of one executor report by kind, in our meaning of the kinds (MONEY-01). Null when the report does not tell input and output
 * apart, or tells kinds that do not add up to its total in any reading: a guess would be priced as if it were known.
 */
export function reportUsage(report: unknown): TokenUsage | null {
  for (const usage of usagesOf(report)) {
    for (const kinds of [at(usage, 'tokenUsage', 'total'), at(usage, 'token_usage', 'total'), at(usage, 'total'), usage]) {
      const found = kindsOf(kinds, usageTotal(usage));
      if (found) return found;
    }
  }
  return null;
}

function kindsOf(usage: unknown, total: number | null): TokenUsage | undefined {
  const [told, answered] = [first(usage, input), first(usage, output)];
  if (told === undefined || answered === undefined) return undefined;
  const beside = (first(usage, cachedBeside) ?? 0) + (first(usage, writtenBeside) ?? 0);
  const thought = first(usage, reasoning) ?? 0;
  // Reasoning is a part of the output, unless the total says that it was counted beside it.
  const readings = [
    { input: told + beside, output: answered },
    { input: told + beside, output: answered + thought },
    { input: told, output: answered },
  ];
  const reading = total === null ? readings[0] : readings.find((one) => one.input + one.output === total);
  if (!reading) return undefined;
  return {
    input: reading.input,
    cachedInput: Math.min(first(usage, cached) ?? first(usage, cachedBeside) ?? 0, reading.input),
    cacheWrite: Math.min(first(usage, written) ?? first(usage, writtenBeside) ?? 0, reading.input),
    output: reading.output,
    reasoning: Math.min(thought, reading.output),
  };
}

/** The sum of the rounds of one attempt; null as soon as one of them does not tell. */
export function sumUsage(rounds: readonly (TokenUsage | null)[]): TokenUsage | null {
  if (rounds.length === 0) return null;
  const sum: TokenUsage = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 };
  for (const round of rounds) {
    if (!round) return null;
    for (const kind of kindNames) sum[kind] += round[kind];
  }
  return sum;
}

export const kindNames = ['input', 'cachedInput', 'cacheWrite', 'output', 'reasoning'] as const satisfies readonly (keyof TokenUsage)[];

function first(usage: unknown, paths: readonly Path[]): number | undefined {
  for (const path of paths) {
    const value = at(usage, ...path);
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  }
  return undefined;
}
