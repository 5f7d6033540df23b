import { RequestError } from '@agentclientprotocol/sdk/unstable';
import { describe, expect, it } from 'vitest';
import { categories } from '../../pandacode/errors/categories.ts';
import { failure, type Failure } from '../../pandacode/errors/failure.ts';
import { errorFailure } from '../../pandacode/runtimes/acp/outcome.ts';
import { connectionError, httpError } from '../../pandacode/runtimes/bamboo/model/model-error.ts';
import { claudeFailure } from '../../pandacode/runtimes/claude/outcome.ts';
import { codexFailure } from '../../pandacode/runtimes/codex/outcome.ts';
import { failureClass, failureClasses, waitAfter, type FailureClass } from '../../src/policy/failure-class.ts';

const claude = (api_error_status: number | null, result: string, more: object = {}, end: object = {}) =>
  claudeFailure({
    result: { type: 'result', subtype: 'success', is_error: true, api_error_status, result, ...more },
    exitCode: 1,
    signal: null,
    stderrTail: '',
    hasOutput: true,
    ...end,
  });
const codex = (failedMessage: string) => codexFailure({ terminal: 'failed', failedMessage, errors: [], exitCode: 1, signal: null, stderrTail: '' });
const acp = (code: number, message: string) => errorFailure(new RequestError(code, message), 'session/prompt', 'gemini');
const bamboo = (status: number, message: string, headers: Record<string, string> = {}) =>
  httpError({ status, headers, body: JSON.stringify({ error: { message } }) }).failure;

// What the vendors' programs and services really wrote.
const samples: Record<string, [FailureClass, Failure | undefined][]> = {
  claude: [
    ['quota', claude(null, 'Claude AI usage limit reached|1795280400')],
    ['quota', claude(429, "You've hit your limit · resets 3pm (UTC)")],
    ['quota', claude(429, 'API Error: Request rejected (429)', {}, { resetMs: 1_795_280_400_000 })],
    ['quota', claude(400, 'Your credit balance is too low to access the Anthropic API.')],
    ['rate', claude(429, 'API Error: Request rejected (429) · This request would exceed your rate limit.')],
    ['overloaded', claude(529, 'API Error: 529 {"type":"overloaded_error","message":"Overloaded"}')],
    ['network', claude(null, 'API Error: Unable to connect to API (ECONNREFUSED)')],
    ['auth', claude(401, 'Failed to authenticate. API Error: 401 invalid x-api-key')],
    ['invalid', claude(404, 'There is an issue with the selected model (nope). It may not exist.')],
    ['budget', claude(null, 'Reached maximum budget ($0.01)', { subtype: 'error_max_budget_usd' })],
    ['agent', claude(null, 'I could not do it')],
  ],
  codex: [
    ['quota', codex("You've hit your usage limit. Upgrade to Pro or try again in 3 days 4 hours 20 minutes.")],
    ['rate', codex('exceeded retry limit, last status: 429 Too Many Requests')],
    ['overloaded', codex('We’re currently experiencing high demand, which may cause temporary errors.')],
    ['network', codex('stream disconnected before completion: error sending request for url')],
    ['auth', codex('unexpected status 401 Unauthorized: Missing bearer authentication')],
    ['invalid', codex('{"detail":"The model does not exist"}')],
    ['agent', codexFailure({ terminal: undefined, failedMessage: '', errors: [], exitCode: 1, signal: null, stderrTail: '' })],
  ],
  acp: [
    ['quota', acp(-32603, 'You exceeded your current quota, please check your plan')],
    ['rate', acp(-32603, '429 Too Many Requests')],
    ['overloaded', acp(-32603, '503 Service Unavailable: the server is overloaded')],
    ['network', acp(-32603, 'getaddrinfo ENOTFOUND api.example.org')],
    ['auth', acp(-32000, 'Authentication required')],
    ['invalid', acp(-32602, 'Invalid params')],
    ['budget', failure('budget', 'the agent counts 1.2 USD, more than the limit of 1')],
    ['agent', acp(-32603, 'something broke')],
  ],
  bamboo: [
    ['quota', bamboo(402, 'Insufficient Balance')],
    ['quota', bamboo(429, 'You exceeded your current quota, please check your plan and billing details.')],
    ['rate', bamboo(429, 'Rate limit reached for requests', { 'retry-after': '7' })],
    ['overloaded', bamboo(503, 'The server is overloaded')],
    ['network', connectionError('connect ECONNREFUSED 127.0.0.1:1').failure],
    ['auth', bamboo(401, 'Incorrect API key provided')],
    ['invalid', bamboo(400, 'Invalid value for temperature')],
    ['budget', failure('budget', 'the token budget of the run is used up')],
    ['agent', failure('blocked', 'the task contradicts itself')],
  ],
};

describe('the class of a failure', () => {
  for (const [executor, rows] of Object.entries(samples))
    it.each(rows)(`QUOTA-01 ${executor}: %s`, (kind, sample) => {
      expect([sample?.category, failureClass(sample?.category ?? 'none')]).toEqual([sample?.category, kind]);
    });

  it('QUOTA-01 every class is met by a sample, and every category has a class', () => {
    const met = new Set(Object.values(samples).flatMap((rows) => rows.map(([kind]) => kind)));
    expect([...met].sort()).toEqual([...failureClasses].sort());
    // Codex keeps to no budget of its own; everything else can come from everyone.
    const missing = Object.entries(samples).flatMap(([executor, rows]) =>
      failureClasses.filter((kind) => !rows.some(([one]) => one === kind)).map((kind) => `${executor} ${kind}`),
    );
    expect(missing).toEqual(['codex budget']);
    for (const category of Object.keys(categories)) expect(failureClasses).toContain(failureClass(category));
  });

  it.each([
    ['codexctl_rate_limit', 'rate'],
    ['codexctl_auth', 'auth'],
    ['codexctl_network', 'network'],
    ['codexctl_failed', 'agent'],
    ['verification_failed', 'agent'],
    ['pandacode_timeout', 'agent'],
    ['constructor', 'agent'],
    ['', 'agent'],
  ])('QUOTA-01 the category %j is of class %s', (category, kind) => {
    expect(failureClass(category)).toBe(kind);
  });

  it('QUOTA-03 quota, rate and credentials wait with their provider; passing trouble for itself; the rest not at all', () => {
    expect(['quota', 'rate_limit', 'auth'].map(waitAfter)).toEqual(['provider', 'provider', 'provider']);
    expect(['overloaded', 'network'].map(waitAfter)).toEqual(['briefly', 'briefly']);
    const others = ['codexctl_rate_limit', 'codexctl_auth', 'invalid_request', 'budget', 'blocked', 'mock_failed', 'schema_mismatch'];
    expect(others.map(waitAfter)).toEqual(others.map(() => undefined));
  });
});

describe('what the executor reports of a reset', () => {
  it('QUOTA-04 PC-ERR-03 the time that the vendor tells is in the report, whichever way it is told', () => {
    expect(claude(null, 'Claude AI usage limit reached|1795280400')?.reset_at).toBe('2026-11-21T17:00:00.000Z');
    expect(claude(429, 'API Error: Request rejected (429)', {}, { resetMs: 1_795_280_400_000 })?.reset_at).toBe('2026-11-21T17:00:00.000Z');
    const before = Date.now();
    const reset = Date.parse(codex("You've hit your usage limit. Try again in 2 hours 30 minutes.")?.reset_at ?? '');
    expect(reset - before).toBeGreaterThanOrEqual(9_000_000);
    expect(reset - before).toBeLessThan(9_060_000);
    expect(bamboo(429, 'Rate limit reached', { 'retry-after': '7' }).retry_after_ms).toBe(7000);
  });

  it('QUOTA-04 other failures, and quota without a time, have none', () => {
    expect(claude(404, 'no such model, resets 3pm (UTC)')).not.toHaveProperty('reset_at');
    expect(claude(429, 'API Error: Request rejected (429)')).not.toHaveProperty('reset_at');
    expect(bamboo(402, 'Insufficient Balance')).not.toHaveProperty('reset_at');
  });
});
