import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failure, type Failure } from '../../../pandacode/errors/failure.ts';
import { bamboo } from '../../../pandacode/runtimes/bamboo/bamboo.ts';
import { nearBudget, overBudget, type Budget } from '../../../pandacode/runtimes/bamboo/budget/budget.ts';
import { TokenMeter } from '../../../pandacode/runtimes/bamboo/budget/token-meter.ts';
import { callModel } from '../../../pandacode/runtimes/bamboo/model/call-model.ts';
import type { CallUsage, ChatReply, ChatRequest } from '../../../pandacode/runtimes/bamboo/model/chat-model.ts';
import { connectionError, httpError, type ModelError } from '../../../pandacode/runtimes/bamboo/model/model-error.ts';
import { unknownCost, type Cost } from '../../../pandacode/usage/cost.ts';
import { usage } from '../../../pandacode/usage/usage.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';
import { runOf } from '../scripted-cli.ts';
import { turnContext } from '../turn-context.ts';

const open: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  open.splice(0).forEach((close) => close());
  removeWorkspaces();
});

const reply: ChatReply = { text: 'ok', reasoning: [], calls: [], finish: 'stop', usage: null, model: 'm' };
const asked = { system: 's', messages: [], tools: [] };
const quick = { silenceMs: 10_000, deadlineMs: null, firstDelayMs: 1 };

/** Calls a model that does one step after another; the last is repeated. */
function calls(steps: ((request: ChatRequest) => Promise<ChatReply>)[], limits: Partial<typeof quick> = {}) {
  const { context, events } = turnContext();
  let made = 0;
  const model = { call: (request: ChatRequest) => steps[Math.min(made++, steps.length - 1)]!(request) };
  const result = callModel(model, asked, { ...quick, ...limits }, context).catch((error: unknown) => (error as ModelError).failure);
  open.push(() => context.watchdog.close());
  return { context, events, result, made: () => made };
}

const answers = () => Promise.resolve(reply);
const fails =
  (status: number, headers = {}) =>
  () =>
    Promise.reject(httpError({ status, headers, body: '{"error":{"message":"no"}}' }));
const hangs = () => new Promise<never>(() => undefined);

describe('one model call', () => {
  it('PC-BAMBOO-12 trouble that passes is tried again, and told', async () => {
    const { result, events, made } = calls([fails(503), () => Promise.reject(connectionError('ECONNRESET')), answers]);
    expect(await result).toBe(reply);
    expect([made(), events()]).toEqual([3, ['model.retrying', 'model.retrying']]);
  });

  it.each([
    [401, 'auth', 1],
    [402, 'quota', 1],
    [400, 'invalid_request', 1],
    [500, 'overloaded', 4],
    [429, 'rate_limit', 4],
  ])('PC-BAMBOO-12 %i is %s after %i tries', async (status, category, times) => {
    const { result, made } = calls([fails(status, { 'retry-after-ms': '1' })]);
    expect([((await result) as Failure).category, made()]).toEqual([category, times]);
  });

  it('PC-BAMBOO-12 a vendor that asks for a long wait is not waited for within the run', async () => {
    const { result, made } = calls([fails(429, { 'retry-after': '600' })]);
    expect([await result, made()]).toMatchObject([{ category: 'rate_limit', retry_after_ms: 600_000, retryable: true }, 1]);
  });

  it('PC-ERR-01 a fault of the program itself is internal, and is not tried four times', async () => {
    const { result, made } = calls([() => Promise.reject(new TypeError('x is not a function'))]);
    expect([await result, made()]).toMatchObject([{ category: 'internal', message: 'x is not a function' }, 1]);
  });

  it('PC-BAMBOO-11 silence ends an attempt also when the client does not listen, and bytes put it off', async () => {
    vi.useFakeTimers();
    const { result, made } = calls([hangs, answers], { silenceMs: 1000 });
    await vi.advanceTimersByTimeAsync(2000);
    expect([await result, made()]).toEqual([reply, 2]);
    let alive = () => undefined as unknown;
    const lively = calls([({ onActivity }) => new Promise((resolve) => (alive = () => (onActivity(), resolve)))], { silenceMs: 1000 });
    for (let byte = 0; byte < 9; byte++) {
      await vi.advanceTimersByTimeAsync(900);
      alive();
    }
    (alive() as (value: ChatReply) => void)(reply);
    expect([await lively.result, lively.made()]).toEqual([reply, 1]);
  });

  it('PC-OUT-07 a run that is ended ends its call, its wait, and starts none', async () => {
    const stop = failure('cancelled', 'stopped by a person');
    const during = calls([hangs]);
    during.context.control.stop(stop);
    expect(await during.result).toEqual(stop);
    const waiting = calls([fails(429, { 'retry-after': '60' }), answers]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    waiting.context.control.stop(stop);
    expect([await waiting.result, waiting.made()]).toMatchObject([{ category: 'cancelled' }, 1]);
  });
});

describe('budgets', () => {
  const used = usage({ input: 80, cached_input: 10, output: 20 });
  const cost: Cost = { amount: 0.5, currency: 'CNY', basis: 'price_file', converted: { amount: 0.07, currency: 'USD', usd_cny_rate: 7.1 } };
  const budget = (more: Partial<Budget>): Budget => ({ currency: 'native', ...more });

  it.each<[Partial<Budget>, string | undefined, boolean]>([
    [{}, undefined, false],
    [{ input: 80 }, undefined, true],
    [{ input: 79 }, '80 input tokens, more than the limit of 79', true],
    [{ output: 10 }, '20 output tokens, more than the limit of 10', true],
    [{ total: 125 }, undefined, true],
    [{ total: 126 }, undefined, false],
    [{ total: 99 }, '100 tokens, more than the limit of 99', true],
    [{ cost: 0.4 }, '0.5 CNY, more than the limit of 0.4', true],
    [{ cost: 0.4, currency: 'USD' }, undefined, false],
    [{ cost: 0.06, currency: 'USD' }, '0.07 USD, more than the limit of 0.06', true],
  ])('PC-BAMBOO-16 %j: over %s, near %s', (given, over, near) => {
    expect(overBudget(budget(given), used, cost)?.message).toBe(over === undefined ? undefined : `the run used ${over}`);
    expect(overBudget(budget(given), used, cost)?.category).toBe(over === undefined ? undefined : 'budget');
    expect(nearBudget(budget(given), used, cost)).toBe(near);
  });

  it('PC-BAMBOO-16 before the first answer nothing is used up', () => {
    expect(overBudget(budget({ input: 1, total: 1, cost: 0.01 }), null, unknownCost)).toBeUndefined();
    expect(nearBudget(budget({ total: 1 }), null, unknownCost)).toBe(false);
  });
});

describe('the count of a run', () => {
  const call = (more: Partial<CallUsage> = {}): CallUsage => ({
    input: 1000,
    output: 100,
    reasoning: 40,
    hit: 600,
    miss: 400,
    cacheWrite: 0,
    estimated: false,
    ...more,
  });
  const price = { model: 'm', currency: 'CNY', input: 2, cache_hit_input: 0.2, cache_miss_input: 2, output: 12 };

  it('PC-USE-01 PC-USE-03 PC-USE-07 calls add up in tokens, names and money', () => {
    const meter = new TokenMeter(price, 7);
    expect([meter.total(), meter.totalCost(), meter.raw()]).toEqual([null, unknownCost, null]);
    meter.add(call());
    meter.add(call({ hit: 0, miss: 1000 }));
    expect(meter.total()).toEqual({ input: 2000, cached_input: 600, cache_write: 0, output: 200, reasoning: 80, total: 2200, total_tokens: 2200, calls: 2 });
    expect(meter.raw()).toEqual({
      calls: 2,
      input_tokens: 2000,
      output_tokens: 200,
      reasoning_tokens: 80,
      total_tokens: 2200,
      cache_hit_tokens: 600,
      cache_miss_tokens: 1400,
    });
    expect(meter.totalCost()).toMatchObject({ amount: 0.00532, currency: 'CNY', converted: { amount: 0.00076, currency: 'USD' } });
  });

  it('PC-QUIRK-06 PC-USE-04 one estimated call, or a cut-off run, makes the sum an estimate', () => {
    const meter = new TokenMeter(undefined);
    meter.add(call());
    expect(meter.total()).not.toHaveProperty('estimated');
    expect(meter.total(true)).toMatchObject({ estimated: true, total: 1100 });
    meter.add(call({ estimated: true }));
    expect(meter.total()).toMatchObject({ estimated: true, total: 2200 });
    expect(meter.totalCost()).toBe(unknownCost);
  });
});

describe('a paid answer of bamboo', () => {
  it('PC-REP-10 PC-USE-04 is reported in full although files of the run cannot be written', async () => {
    const ws = workspace();
    const runs = join(ws, '.pandacode/bamboo/runs');
    const server = createServer((request, response) => {
      request.resume();
      // What the files are to be renamed to is a folder now, as an odd tool or a person may leave it.
      const folder = join(runs, readFileSync(join(runs, 'latest'), 'utf8').trim());
      for (const name of ['report.json', 'resume-context.md']) mkdirSync(join(folder, name, 'x'), { recursive: true });
      const chunk = { id: 'x', model: 'deepseek-flash', choices: [{ index: 0, delta: { content: 'the paid answer' }, finish_reason: 'stop' }] };
      const end = { id: 'x', model: 'deepseek-flash', choices: [], usage: { prompt_tokens: 1000, completion_tokens: 10, total_tokens: 1010 } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end([chunk, end].map((one) => `data: ${JSON.stringify(one)}\n\n`).join('') + 'data: [DONE]\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const env = { DEEPSEEK_API_KEY: 'sk-test-0123456789abcdef', DEEPSEEK_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const report = await runOf(bamboo, ws, { env });
    expect(report).toMatchObject({ ok: true, last_agent_message: 'the paid answer', usage: { input: 1000, output: 10, total: 1010, calls: 1 } });
    expect(report.cost.amount).toBeGreaterThan(0);
    expect(report.warnings).toEqual([
      expect.stringContaining('the report in the folder of the run could not be written'),
      expect.stringContaining('what a later run goes on from could not be written'),
    ]);
  });
});
