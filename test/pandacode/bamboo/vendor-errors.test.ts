import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { categoryOfText, retryAfterOfText } from '../../../pandacode/errors/classify.ts';
import { failure } from '../../../pandacode/errors/failure.ts';
import { createChatModel } from '../../../pandacode/runtimes/bamboo/model/ai-adapter.ts';
import { httpError, type ModelError, streamError } from '../../../pandacode/runtimes/bamboo/model/model-error.ts';
import { bambooDefaults } from '../../../pandacode/runtimes/bamboo/options.ts';
import { loadCatalogue } from '../../../pandacode/runtimes/bamboo/providers/catalogue.ts';
import { generationFor } from '../../../pandacode/runtimes/bamboo/providers/generation.ts';
import { resolveEndpoint } from '../../../pandacode/runtimes/bamboo/providers/resolve.ts';

const json = (value: unknown) => JSON.stringify(value);
const error = (message: string, more: object = {}) => json({ error: { message, ...more } });

// Bodies as the vendors send them. What counts: an empty account is never tried again, a busy engine always.
const answers: [vendor: string, status: number, body: string, category: string, isTransient: boolean][] = [
  ['deepseek, no balance', 402, error('Insufficient Balance', { type: 'unknown_error', code: 'invalid_request_error' }), 'quota', false],
  ['deepseek, its filter', 400, error('Content Exists Risk', { type: 'invalid_request_error', code: 'invalid_request_error' }), 'content_filter', false],
  ['deepseek, reasoning not sent back', 400, error('The `reasoning_content` in the thinking mode must be passed back to the API.'), 'invalid_request', false],
  ['zhipu, no balance', 429, error('余额不足或无可用资源包,请充值。', { code: '1113' }), 'quota', false],
  ['zhipu, no balance, by its code alone', 429, error('Please recharge.', { code: '1113' }), 'quota', false],
  ['zhipu, in arrears', 429, error('您的账户已欠费，请充值后重试。', { code: '1113' }), 'quota', false],
  ['zhipu, too many at once', 429, error('您当前使用该API的并发数过高，请降低并发', { code: '1302' }), 'rate_limit', true],
  ['zhipu, its filter', 400, error('系统检测到输入或生成内容可能包含不安全或敏感内容', { code: '1301' }), 'content_filter', false],
  [
    'kimi, suspended',
    429,
    error('Your account org-1 is suspended, please check your plan and billing details', { type: 'exceeded_current_quota_error' }),
    'quota',
    false,
  ],
  [
    'kimi, not active',
    403,
    error('Your account is not active, organization <x> exceeded current quota', { type: 'exceeded_current_quota_error' }),
    'quota',
    false,
  ],
  ['kimi, busy', 429, error('The engine is currently overloaded, please try again later', { type: 'engine_overloaded_error' }), 'overloaded', true],
  [
    'kimi, too fast',
    429,
    error('Your account reached organization max RPM: 3, please try again after 1 seconds', { type: 'rate_limit_reached_error' }),
    'rate_limit',
    true,
  ],
  [
    'kimi, its filter',
    400,
    error('The request was rejected because it was considered high risk', { code: 400, type: 'content_filter' }),
    'content_filter',
    false,
  ],
  [
    'qwen, in arrears',
    400,
    error('Access denied, please make sure your account is in good standing.', { code: 'Arrearage', type: 'Arrearage' }),
    'quota',
    false,
  ],
  ['qwen, free tier used up', 403, json({ code: 'AllocationQuota.FreeTierOnly', message: 'The free tier of the model has been exhausted.' }), 'quota', false],
  ['qwen, its filter', 400, error('Input data may contain inappropriate content.', { code: 'data_inspection_failed' }), 'content_filter', false],
  ['qwen, wrong key', 401, error('Incorrect API key provided.', { code: 'invalid_api_key' }), 'auth', false],
  [
    'qwen, throttled by the minute with the words and code of an empty account',
    429,
    error('You exceeded your current quota, please check your plan and billing details. See error-code#token-limit', {
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
    'rate_limit',
    true,
  ],
  ['qwen, throttled, by its code', 429, json({ code: 'Throttling.AllocationQuota', message: 'exceeded your current quota' }), 'rate_limit', true],
  ['an echoed request, 400', 400, error('bad field in "what is our usage limit?"'), 'invalid_request', false],
  ['an echoed request, 422', 422, error('bad field in "you have hit your weekly limit"'), 'invalid_request', false],
  ['an echoed request, 500', 500, error('failed on "usage limit"'), 'overloaded', true],
  ['a plan that is used up', 403, error('You have hit your usage limit'), 'quota', false],
  ['minimax, no balance', 500, json({ type: 'error', error: { type: 'api_error', message: 'insufficient balance (1008)' } }), 'quota', false],
  ['minimax, no balance, another way', 429, error('insufficient balance (1008)', { type: 'insufficient_balance_error', http_code: '429' }), 'quota', false],
  ['minimax, its filter', 400, error('input new_sensitive (1026)'), 'content_filter', false],
  ['stepfun, its filter', 451, error('The content you provided or machine outputted is blocked.', { type: 'content_filter' }), 'content_filter', false],
  ['openai, no balance', 429, error('You exceeded your current quota, please check your plan.', { code: 'insufficient_quota' }), 'quota', false],
  ['openai, too fast', 429, error('Rate limit reached for gpt-4o-mini. Please try again in 6m0s.', { code: 'rate_limit_exceeded' }), 'rate_limit', true],
  ['a gateway', 502, '<html><head><title>502 Bad Gateway</title></head></html>', 'overloaded', true],
  ['a proxy that wants a login', 403, '<html>Forbidden</html>', 'auth', false],
  ['an address that does not exist', 404, '{"detail":"Not Found"}', 'invalid_request', false],
  ['nothing at all', 503, '', 'overloaded', true],
];

describe('what vendors answer', () => {
  it.each(answers)('PC-ERR-02 PC-QUIRK-05 %s (%i)', (_, status, body, category, isTransient) => {
    const problem = httpError({ status, headers: {}, body });
    expect(problem.failure).toMatchObject({ category, retryable: failure(problem.failure.category, 'x').retryable });
    expect(problem.isTransient).toBe(isTransient);
    expect(problem.failure.message).toMatch(new RegExp(`^HTTP ${status}: .`));
  });

  it.each([
    [{ message: '余额不足', code: '1113' }, 'quota', false],
    [{ message: 'busy', type: 'engine_overloaded_error' }, 'overloaded', true],
    [{ message: 'no', type: 'content_filter' }, 'content_filter', false],
    [{ message: 'slow', type: 'rate_limit_error' }, 'rate_limit', true],
    [{ message: 'who?', type: 'authentication_error' }, 'auth', false],
    [{ message: 'what?', type: 'invalid_request_error' }, 'invalid_request', false],
    [{ message: 'gateway', status: 503 }, 'overloaded', true],
    [{ message: 'Please recharge.', status: 429, code: '1113' }, 'quota', false],
    [{ message: 'no', code: 400, type: 'content_filter' }, 'content_filter', false],
    [{ error: { message: 'suspended', type: 'exceeded_current_quota_error' }, status: 429 }, 'quota', false],
    [{ message: 'see error-code#token-limit', code: 'insufficient_quota' }, 'rate_limit', true],
    ['socket hang up', 'network', true],
    [null, 'overloaded', true],
    [{}, 'overloaded', true],
  ])('PC-ERR-02 an error inside the stream, %j', (value, category, isTransient) => {
    const problem = streamError(value);
    expect([problem.failure.category, problem.isTransient]).toEqual([category, isTransient]);
    expect(problem.failure.message).not.toBe('');
  });
});

describe('texts', () => {
  it.each([
    ['Please try again in 1m26.4s.', 86_400],
    ['Please try again in 7m12s. Visit the page', 432_000],
    ['Please try again in 6ms.', 6],
    ['try again in 1h2m3s', 3_723_000],
    ['try again in 2 hours and 5 minutes', 7_500_000],
    ['Try again in 3 days 4 hours.', 273_600_000],
    ['please try again after 1 seconds', 1000],
    ['try again in 5 months', undefined],
    ['retry in a while', undefined],
  ])('PC-ERR-03 %j', (text, ms) => {
    expect(retryAfterOfText(text)).toBe(ms);
  });

  it('PC-ERR-03 a wait of minutes and seconds is a time at which the provider serves again', () => {
    const before = Date.now();
    const at = Date.parse(failure('rate_limit', 'Rate limit reached. Please try again in 1m30s.').reset_at!);
    expect(at - before).toBeGreaterThanOrEqual(90_000);
    expect(at - before).toBeLessThan(120_000);
  });

  it.each([
    ['connect EHOSTUNREACH 10.0.0.1:443', 'network'],
    ['connect ENETUNREACH 2001:db8::1:443', 'network'],
    ['request failed: socket hang up', 'network'],
    ['HTTP/1.1 502 Bad Gateway', 'overloaded'],
    ['HTTP 401', 'auth'],
    ['the model is overloaded, rate limited', 'overloaded'],
    ['the handler for overloaded operators', 'overloaded'],
    ['I removed the sensitive content from the log', undefined],
    ['HTTP/1.1 200 OK', undefined],
  ])('PC-ERR-02 reads %j', (text, category) => {
    expect(categoryOfText(text)).toBe(category);
  });
});

describe('answers with status 200 that are errors', () => {
  const open: (() => void)[] = [];
  afterEach(() => open.splice(0).forEach((close) => close()));

  async function answer(type: string, body: string): Promise<ModelError> {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const env = { MINIMAX_API_KEY: 'k', MINIMAX_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
    const endpoint = resolveEndpoint({ provider: 'minimax' }, loadCatalogue(undefined, '/nowhere'), env, {});
    const model = createChatModel({
      endpoint,
      generation: generationFor(endpoint, 'low', bambooDefaults),
      cacheKey: 'k',
      cacheRetention: undefined,
      params: {},
    });
    const request = { system: 's', messages: [{ role: 'user', kind: 'task', text: 't' } as const], tools: [], signal: AbortSignal.timeout(10_000) };
    return model.call({ ...request, onActivity: () => undefined }).then(
      (reply) => Promise.reject(new Error(`taken for an answer: ${JSON.stringify(reply)}`)),
      (problem: unknown) => problem as ModelError,
    );
  }

  const chunk = (status: number, text: string) =>
    `data: ${json({ id: 'x', model: 'MiniMax-M3', choices: null, base_resp: { status_code: status, status_msg: text } })}\n\n`;

  it.each([
    [1008, 'insufficient balance', 'quota', false],
    [1002, 'rate limit', 'rate_limit', true],
    [1004, 'login fail: Please carry the API secret key', 'auth', false],
    [1027, 'output new_sensitive', 'content_filter', false],
    [2013, 'invalid params, bad tool name', 'invalid_request', false],
  ])('PC-ERR-02 minimax %i %s', async (status, text, category, isTransient) => {
    const plain = json({ id: 'x', choices: null, base_resp: { status_code: status, status_msg: text } });
    for (const problem of [await answer('text/event-stream', chunk(status, text)), await answer('application/json; charset=utf-8', plain)]) {
      expect([problem.failure.category, problem.isTransient]).toEqual([category, isTransient]);
      expect(problem.message).toContain(text);
    }
  });

  it.each([json({ base_resp: { status_code: 0, status_msg: 'success' } }), '{broken', 'null', json({ id: 'x' })])(
    'PC-ERR-02 plain JSON without an error, %j, is still no answer',
    async (body) => {
      const problem = await answer('application/json', body);
      expect([problem.failure.category, problem.isTransient]).toEqual(['network', true]);
    },
  );

  it('PC-TEST-07 a stream that ends in the middle, without a word of its end, is no answer', async () => {
    const part = `data: ${json({ id: 'x', model: 'm', choices: [{ index: 0, delta: { content: 'half an ans' }, finish_reason: null }] })}\n\n`;
    const problem = await answer('text/event-stream', part);
    expect([problem.failure.category, problem.isTransient]).toEqual(['network', true]);
  });
});
