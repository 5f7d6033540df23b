import { asObject, at, type JsonObject } from './json-object.ts';

const PLACES = [['codex', 'usage'], ['usage'], ['execute', 'summary', 'usage'], ['summary', 'usage']];
const TOTALS = [
  ['tokenUsage', 'total', 'totalTokens'],
  ['token_usage', 'total', 'total_tokens'],
  ['total', 'totalTokens'],
  ['total', 'total_tokens'],
  ['totalTokens'],
  ['total_tokens'],
];

const OUTPUTS = [
  ['tokenUsage', 'total', 'outputTokens'],
  ['token_usage', 'total', 'output_tokens'],
  ['total', 'outputTokens'],
  ['total', 'output_tokens'],
  ['outputTokens'],
  ['output_tokens'],
  ['output'],
];

/** Total tokens of one executor report (BUD-03); null when no usage object in it has a total, which is not the same as 0. */
export function reportTokens(report: unknown): number | null {
  for (const usage of usagesOf(report)) {
    const total = usageTotal(usage);
    if (total !== null) return total;
  }
  return null;
}

/** The usage objects of an executor report, in the order in which they count. */
export function usagesOf(report: unknown): JsonObject[] {
  return PLACES.flatMap((place): JsonObject[] => {
    const usage = asObject(at(report, ...place));
    return usage ? [usage] : [];
  });
}

/** The total of one usage object, in any of the shapes that executors use; null when it has none. */
export function usageTotal(usage: unknown): number | null {
  for (const path of TOTALS) {
    const total = at(usage, ...path);
    if (typeof total === 'number' && Number.isFinite(total) && total >= 0) return total;
  }
  return null;
}

/** Output tokens of one executor report (DIAL-24); null when it gives no split. */
export function reportOutputTokens(report: unknown): number | null {
  for (const usage of usagesOf(report)) {
    if (usageTotal(usage) === null) continue;
    for (const path of OUTPUTS) {
      const output = at(usage, ...path);
      if (typeof output === 'number' && Number.isFinite(output) && output >= 0) return output;
    }
  }
  return null;
}

/** Sum of the rounds of one attempt (BUD-05); null only when no round has usage. */
export function sumTokens(rounds: readonly (number | null)[]): number | null {
  const known = rounds.filter((tokens) => tokens !== null);
  return known.length ? known.reduce((sum, tokens) => sum + tokens, 0) : null;
}
