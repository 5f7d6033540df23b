import { describe, expect, it } from 'vitest';
import { claudeUsage, callUsage } from '../../pandacode/runtimes/claude/usage.ts';
import { acpUsage } from '../../pandacode/runtimes/acp/usage.ts';
import { codexUsage, turnTokens } from '../../pandacode/runtimes/codex/usage.ts';
import { TokenMeter } from '../../pandacode/runtimes/bamboo/budget/token-meter.ts';
import { reportUsage, sumUsage } from '../../src/executor-report/usage.ts';
import { reportTokens } from '../../src/executor-report/tokens.ts';

// The same work, told by each runtime in its own words: 1,000 tokens read, of them 600 from a cache and 100 written to one; 50 written, of them 20 thought.
const same = { input: 1000, cachedInput: 600, cacheWrite: 100, output: 50, reasoning: 20 };

function bambooUsage() {
  const meter = new TokenMeter(undefined);
  for (const input of [400, 600]) meter.add({ input, hit: 300, miss: input - 300, cacheWrite: 50, output: 25, reasoning: 10, estimated: false });
  return meter.total();
}

describe('tokens of an attempt by kind', () => {
  it.each([
    [
      'claude, which counts cached input beside the input',
      claudeUsage({ opus: { inputTokens: 300, cacheReadInputTokens: 600, cacheCreationInputTokens: 100, outputTokens: 50, thinkingTokens: 20 } }),
    ],
    [
      'codex, which counts it within',
      codexUsage(
        turnTokens({ input_tokens: 1000, cached_input_tokens: 600, cache_write_input_tokens: 100, output_tokens: 50, reasoning_output_tokens: 20 }, {}),
      ),
    ],
    ['bamboo, call by call', bambooUsage()],
    [
      'an ACP agent that counts cache and thoughts beside',
      acpUsage({ inputTokens: 300, cachedReadTokens: 600, cachedWriteTokens: 100, outputTokens: 30, thoughtTokens: 20, totalTokens: 1050 }),
    ],
    [
      'an ACP agent that counts them within',
      acpUsage({ inputTokens: 1000, cachedReadTokens: 600, cachedWriteTokens: 100, outputTokens: 50, thoughtTokens: 20, totalTokens: 1050 }),
    ],
  ])('MONEY-01 means the same from %s', (_who, usage) => {
    const report = { usage, summary: { usage: { total_tokens: usage?.total } } };
    expect(reportUsage(report)).toEqual(same);
    expect(reportTokens(report)).toBe(1050);
  });

  it.each([
    [
      'Anthropic',
      { input_tokens: 300, cache_read_input_tokens: 600, cache_creation_input_tokens: 100, output_tokens: 50, reasoning_tokens: 20, total_tokens: 1050 },
    ],
    [
      'OpenAI',
      {
        prompt_tokens: 1000,
        prompt_tokens_details: { cached_tokens: 600 },
        cache_write: 100,
        completion_tokens: 50,
        completion_tokens_details: { reasoning_tokens: 20 },
        total_tokens: 1050,
      },
    ],
    [
      'Codex, nested',
      {
        tokenUsage: {
          total: { totalTokens: 1050, inputTokens: 1000, cachedInputTokens: 600, cacheWriteInputTokens: 100, outputTokens: 50, reasoningOutputTokens: 20 },
        },
      },
    ],
    ['a vendor that counts thoughts beside the output', { input: 1000, cached_input: 600, cache_write: 100, output: 30, reasoning: 20, total_tokens: 1050 }],
    ['one without a total', { input: 1000, cachedInput: 600, cacheWrite: 100, output: 50, reasoning: 20 }],
  ])('MONEY-01 means the same in the words of %s, from an executor of another make', (_who, usage) => {
    expect(reportUsage({ ok: true, usage })).toEqual(same);
  });

  it('MONEY-01 what does not add up, or tells no kinds, is unknown rather than guessed', () => {
    for (const usage of [{ total_tokens: 10 }, { input_tokens: 3, output_tokens: 4, total_tokens: 100 }, { input: 5 }, { input: -1, output: 2 }, null, 'many'])
      expect(reportUsage({ usage })).toBeNull();
    expect(reportUsage(undefined)).toBeNull();
  });

  it('MONEY-01 the rounds of an attempt add up; one that does not tell makes the sum unknown', () => {
    expect(sumUsage([same, same])).toEqual({ input: 2000, cachedInput: 1200, cacheWrite: 200, output: 100, reasoning: 40 });
    expect([sumUsage([same, null]), sumUsage([])]).toEqual([null, null]);
  });

  it('MONEY-01 figures that a CLI counts over the whole conversation are differenced', () => {
    const before = { input_tokens: 800, cached_input_tokens: 500, output_tokens: 40 };
    expect(codexUsage(turnTokens({ input_tokens: 1800, cached_input_tokens: 1100, output_tokens: 90, reasoning_output_tokens: 20 }, before))).toMatchObject({
      ...{ input: 1000, cached_input: 600, output: 50, reasoning: 20, total: 1050 },
    });
    const models = { opus: { inputTokens: 400, cacheReadInputTokens: 900, cacheCreationInputTokens: 100, outputTokens: 90, costUSD: 0.5, costBasis: 'list' } };
    const baseline = { opus: { inputTokens: 100, cacheReadInputTokens: 300, outputTokens: 40, costUSD: 0.2 } };
    const own = callUsage({ modelUsage: models }, baseline);
    expect(claudeUsage(own)).toMatchObject({ input: 1000, cached_input: 600, cache_write: 100, output: 50 });
    expect(own['opus']?.costUSD).toBeCloseTo(0.3, 10);
  });
});
