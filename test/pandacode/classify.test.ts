import { describe, expect, it } from 'vitest';
import { categories } from '../../pandacode/errors/categories.ts';
import { categoryOfStatus, categoryOfText, retryAfterOfText } from '../../pandacode/errors/classify.ts';
import { failure, failureOf } from '../../pandacode/errors/failure.ts';
import { invalidRequest, usageError } from '../../pandacode/errors/raise.ts';

describe('categories', () => {
  it.each([
    [400, 'invalid_request'],
    [401, 'auth'],
    [402, 'quota'],
    [403, 'auth'],
    [404, 'invalid_request'],
    [429, 'rate_limit'],
    [500, 'overloaded'],
    [529, 'overloaded'],
    [200, undefined],
  ])('PC-ERR-02 status %s', (status, category) => {
    expect(categoryOfStatus(status)).toBe(category);
  });

  it.each([
    ['Missing environment variable: `FAKE_KEY`.', 'auth'],
    ['Not logged in · Please run /login', 'auth'],
    ['unexpected status 401 Unauthorized: fake, url: http://x', 'auth'],
    ['exceeded retry limit, last status: 429 Too Many Requests', 'rate_limit'],
    ['API Error: Request rejected (429) · slow', 'rate_limit'],
    ['Your credit balance is too low', 'quota'],
    ['You have hit your usage limit.', 'quota'],
    ['We’re currently experiencing high demand, which may cause temporary errors.', 'overloaded'],
    ['API Error: Connection dropped (ECONNRESET).', 'network'],
    ['stream disconnected before completion: error sending request', 'network'],
    ['waiting for network', 'network'],
    ['Incomplete response returned, reason: max_output_tokens', 'output_limit'],
    ["API Error: Claude's response exceeded the 128000 output token maximum.", 'output_limit'],
    ['Incomplete response returned, reason: content_filter', 'content_filter'],
    ['prompt is too long: 300000 tokens', 'invalid_request'],
    ['No conversation found with session ID: x', 'invalid_request'],
    // An empty account and refused content are more exact than the status before them; a request that is repeated is not.
    ['API Error: 500 {"error":{"message":"insufficient balance (1008)"}}', 'quota'],
    ['API Error: Request rejected (429) · Insufficient balance', 'quota'],
    ['API Error: Request rejected (429) · You have hit your usage limit', 'quota'],
    ['unexpected status 500 Internal Server Error: insufficient balance', 'quota'],
    ['API Error: 400 Content Exists Risk', 'content_filter'],
    ['API Error: 500 Content Exists Risk', 'overloaded'],
    ['API Error: 400 in "explain our usage limit": bad field', 'invalid_request'],
    // The words of an empty account, for a throttle by the minute.
    ['You exceeded your current quota, please check your plan and billing details. See error-code#token-limit', 'rate_limit'],
    ['API Error: 429 You exceeded your current quota, see error-code#token-limit', 'rate_limit'],
    ['Throttling.AllocationQuota: insufficient_quota', 'rate_limit'],
    ['You have reached your rate limit', 'rate_limit'],
    ['You have reached your weekly limit', 'quota'],
  ])('PC-ERR-02 reads %j', (text, category) => {
    expect(categoryOfText(text)).toBe(category);
  });

  it.each([
    'the test printed 500 lines',
    'I fixed error 429 in the parser',
    'port 5000',
    'all 401 tests pass',
    'the network layer',
    'you reached your context limit',
    '',
  ])('PC-ERR-02 a bare number or word in %j proves nothing', (text) => {
    expect(categoryOfText(text)).toBeUndefined();
  });

  it.each([
    ['try again in 12s', 12_000],
    ['Please try again in 1.5 seconds.', 1500],
    ['retry after 250ms', 250],
    ['try again in 2 minutes', 120_000],
    ['try again later', undefined],
  ])('PC-ERR-03 %j', (text, ms) => {
    expect(retryAfterOfText(text)).toBe(ms);
  });

  it('PC-ERR-01 every category has a state, a verdict and an imperative', () => {
    for (const row of Object.values(categories))
      expect(row).toMatchObject({ state: expect.any(String), retryable: expect.any(Boolean), next: expect.stringMatching(/^[A-Z].*\.$/) });
  });

  it('PC-OUT-06 a message has at most 1000 characters and is never empty', () => {
    expect(failure('auth', 'x'.repeat(5000)).message).toHaveLength(1000);
    expect(failure('auth', ' ').message).not.toBe('');
  });

  it('PC-ERR-04 errors raised on purpose keep their category and their way out', () => {
    expect(failureOf(usageError('wrong flag'))).toMatchObject({ category: 'invalid_request', message: 'wrong flag', retryable: false });
    expect(failureOf(invalidRequest('no session', 'List them.'))).toMatchObject({ category: 'invalid_request', next_action: 'List them.' });
    expect(failureOf(new TypeError('bug'))).toMatchObject({ category: 'internal', message: 'bug' });
    expect(failureOf('text')).toMatchObject({ category: 'internal', message: 'text' });
  });
});
