import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failure } from '../../../pandacode/errors/failure.ts';
import { waitBefore } from '../../../pandacode/runtimes/bamboo/model/call-model.ts';
import { chatUsage, messagesUsage } from '../../../pandacode/runtimes/bamboo/model/call-usage.ts';
import { errorText, httpError, ModelError, retryAfter, streamError } from '../../../pandacode/runtimes/bamboo/model/model-error.ts';
import { usdCnyRate } from '../../../pandacode/usage/exchange-rate.ts';
import { priced } from '../../../pandacode/usage/cost.ts';
import { readPriceFile } from '../../../pandacode/usage/price-file.ts';
import { usage } from '../../../pandacode/usage/usage.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';

afterAll(removeWorkspaces);

describe('errors of a model call', () => {
  it.each([
    ['{"error":{"message":"a"}}', 'a'],
    ['{"error":{"message":"","param":"the real reason"}}', 'the real reason'],
    ['{"error":{"message":"a","param":"b"}}', 'a – b'],
    ['{"message":"m"}', 'm'],
    ['{"error":"text"}', 'text'],
    ['{"error":{}}', '{"error":{}}'],
    ['<html><body><h1>Bad</h1>\n gateway</body></html>', 'Bad gateway'],
    [`plain ${'x'.repeat(600)}`, `plain ${'x'.repeat(494)}`],
    ['null', 'null'],
  ])('PC-QUIRK-05 the text of %j', (body, text) => {
    expect(errorText(body)).toBe(text);
  });

  it('PC-ERR-03 PC-BAMBOO-12 reads the wait from any header', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfter({ 'retry-after': '7' }, now)).toBe(7000);
    expect(retryAfter({ 'retry-after-ms': '250', 'retry-after': '7' }, now)).toBe(250);
    expect(retryAfter({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, now)).toBe(30_000);
    expect(retryAfter({ 'x-ratelimit-reset-requests': '1m30s' }, now)).toBe(90_000);
    expect(retryAfter({ 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:05Z' }, now)).toBe(5000);
    expect(retryAfter({ 'x-ratelimit-reset': String(now / 1000 + 9) }, now)).toBe(9000);
    expect(retryAfter({ 'retry-after': 'soon' }, now)).toBeUndefined();
  });

  it('PC-BAMBOO-12 waits double with jitter, up to thirty seconds, within the remaining time', () => {
    const limits = { silenceMs: 1, deadlineMs: null };
    const problem = (status: number, headers = {}) => httpError({ status, headers, body: '' });
    expect([1, 2, 3, 4].map((attempt) => waitBefore(attempt, problem(500), limits, 0, 0.5))).toEqual([1000, 2000, 4000, undefined]);
    expect([waitBefore(1, problem(500), limits, 0, 0), waitBefore(1, problem(500), limits, 0, 1)]).toEqual([750, 1250]);
    expect(waitBefore(1, problem(429, { 'retry-after': '120' }), limits, 0, 0)).toBe(120_000);
    expect(waitBefore(1, problem(429, { 'retry-after': '121' }), limits, 0, 0)).toBeUndefined();
    expect(waitBefore(1, problem(429, { 'retry-after': '60' }), { ...limits, deadlineMs: 50_000 }, 0, 0)).toBeUndefined();
    for (const status of [400, 401, 402, 403, 404, 422]) expect(waitBefore(1, problem(status), limits)).toBeUndefined();
    for (const status of [408, 409, 425, 429, 500, 502, 503, 529]) expect(waitBefore(1, problem(status), limits)).toBeGreaterThan(0);
  });

  it('PC-BAMBOO-27 recognises an overflow, and errors inside a stream', () => {
    const overflow = httpError({ status: 400, headers: {}, body: '{"error":{"message":"prompt is too long: 300000 tokens > 200000"}}' });
    expect([overflow.isOverflow, overflow.failure.category]).toEqual([true, 'invalid_request']);
    expect(httpError({ status: 500, headers: {}, body: 'context length' }).isOverflow).toBe(false);
    expect(streamError({ message: 'busy', type: 'overloaded_error' })).toMatchObject({ isTransient: true, failure: { category: 'overloaded' } });
    expect(streamError({ message: 'no', code: 401 })).toMatchObject({ isTransient: false, failure: { category: 'auth' } });
    expect(new ModelError(failure('auth', 'x'), { isTransient: false }).isOverflow).toBe(false);
  });
});

describe('tokens and cost', () => {
  it('PC-QUIRK-06 PC-USE-02 reads usage under all its names', () => {
    const base = { prompt_tokens: 100, completion_tokens: 20 };
    expect(chatUsage(base)).toEqual({ input: 100, output: 20, reasoning: 0, hit: 0, miss: 100, cacheWrite: 0 });
    expect(chatUsage({ ...base, prompt_cache_hit_tokens: 60, prompt_cache_miss_tokens: 30 })).toMatchObject({ hit: 60, miss: 30 });
    expect(chatUsage({ ...base, cached_tokens: 10 })).toMatchObject({ hit: 10, miss: 90 });
    expect(chatUsage({ ...base, prompt_tokens_details: { cached_tokens: 7 }, completion_tokens_details: { reasoning_tokens: 5 } })).toMatchObject({
      hit: 7,
      reasoning: 5,
    });
    expect(chatUsage({ prompt_tokens: 100, total_tokens: 120 })).toMatchObject({ output: 20 });
    expect([chatUsage(undefined), chatUsage({}), chatUsage({ prompt_tokens: 'x' })]).toEqual([null, null, null]);
    expect(messagesUsage({ input_tokens: 5, output_tokens: 3, cache_read_input_tokens: 10, cache_creation_input_tokens: 2 })).toEqual({
      input: 17,
      output: 3,
      reasoning: 0,
      hit: 10,
      miss: 7,
      cacheWrite: 2,
    });
  });

  it('PC-USE-07 prices hit, miss and the rest apart', () => {
    const price = { model: 'm', currency: 'USD', input: 3, cache_miss_input: 2, cache_hit_input: 1, output: 10 };
    const tokens = usage({ input: 1000, cached_input: 100, output: 10 });
    expect(priced(tokens, price).amount).toBe(0.002);
    expect(priced(tokens, price, 500).amount).toBe((100 * 1 + 500 * 2 + 400 * 3 + 10 * 10) / 1e6);
  });

  it('PC-USE-06 the price file is the named one, the workspace’s, then the shipped one', () => {
    const ws = workspace();
    expect(readPriceFile({ workspace: ws, env: {} }).path).toBe('builtin');
    const file = join(ws, 'prices.json');
    writeFileSync(file, '{}');
    expect(readPriceFile({ workspace: ws, env: { PANDACODE_BAMBOO_PRICE_FILE: file } })).toEqual({ path: file, text: '{}' });
    const warnings: string[] = [];
    expect(readPriceFile({ workspace: ws, env: {}, priceFile: join(ws, 'none.json') }, (text) => warnings.push(text)).text).toBe('{}');
    expect(warnings[0]).toContain('cannot be read');
  });

  it('PC-USE-08 the rate is the variable, the price file, and the network only when asked for', async () => {
    const file = '{"usd_cny_rate":7.1}';
    expect(await usdCnyRate({ PANDACODE_BAMBOO_USD_CNY_RATE: '7' }, file)).toBe(7);
    expect([await usdCnyRate({}, file), await usdCnyRate({}, '{}'), await usdCnyRate({ BAMBOO_USD_CNY_RATE: 'x' }, '{}')]).toEqual([7.1, undefined, undefined]);
    const off = { PANDACODE_BAMBOO_FX_URL: 'http://127.0.0.1:59999', PANDACODE_BAMBOO_DISABLE_FX: '1' };
    expect(await usdCnyRate(off, file)).toBe(7.1);
  });
});
