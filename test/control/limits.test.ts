import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/budget.ts';
import { reportCost, sumCosts } from '../../src/executor-report/cost.ts';
import type { OperatorLimits } from '../../schemas/limits.ts';
import { combineLimits, withFlags } from '../../src/limits/combine.ts';
import { LimitBook } from '../../src/limits/limit-book.ts';
import { readMaxTurns } from '../../src/limits/max-turns.ts';
import { readLimits, readNodeLimits } from '../../src/limits/read-limits.ts';
import { RunClock } from '../../src/limits/run-clock.ts';
import { readWallTime, wallTimeText, type WallTime } from '../../src/limits/wall-time.ts';
import { moneyText, noUsage } from '../../src/limits/usage.ts';

const measured = (usd: number) => ({ usd, basis: 'measured' as const });
const at = (total: number, held = 0) => ({ total, held });
const now = at(0);
const attempt = (tokens: number | null, usd?: number) => ({ tokens, outputTokens: null, cost: usd === undefined ? undefined : measured(usd) });

describe('limits of the operator', () => {
  it.each([
    ['agents', 'LIMIT_AGENTS', (book: LimitBook) => book.launched(['run'], true, now), 2],
    ['tokens', 'LIMIT_TOKENS', (book: LimitBook) => book.ended(['run'], attempt(10, 0)), 20],
    ['outputTokens', 'LIMIT_OUTPUT_TOKENS', (book: LimitBook) => book.ended(['run'], { ...attempt(10, 0), outputTokens: 3 }), 6],
    ['money', 'LIMIT_MONEY', (book: LimitBook) => book.ended(['run'], attempt(1, 0.5)), 1],
    ['retries', 'LIMIT_RETRIES', (book: LimitBook) => book.retried(['run']), 2],
  ] as const)('LIMIT-01 LIMIT-02 %s trips with %s once it is reached, and not before', (name, code, use, max) => {
    const book = new LimitBook();
    book.set('run', { [name]: max });
    const first = name !== 'retries';
    use(book);
    expect(book.hit(['run'], now, first)).toBeUndefined();
    use(book);
    expect(book.hit(['run'], now, first)).toMatchObject({ code, scope: 'run', used: max, max });
    book.set('run', { [name]: max + 1 });
    expect(book.hit(['run'], now, first)).toBeUndefined();
    book.set('run', { [name]: null });
    for (let more = 0; more < 10; more++) use(book);
    expect([book.hit(['run'], now, first), book.isLimited]).toEqual([undefined, false]);
  });

  it('LIMIT-01 LIMIT-04 wall time trips by the seconds that count: pauses do not, unless it says so', () => {
    const book = new LimitBook();
    book.set('run', { wallTime: 60 });
    expect(book.hit(['run'], at(99, 40), true)).toBeUndefined();
    expect(book.hit(['run'], at(100, 40), true)).toMatchObject({ code: 'LIMIT_WALL_TIME', message: 'LIMIT_WALL_TIME: 60 of 60 seconds used' });
    book.set('run', { wallTimeCounts: 'total' });
    expect(book.hit(['run'], at(60, 40), true)?.code).toBe('LIMIT_WALL_TIME');
    book.set('run', { wallTimeCounts: null });
    expect(book.hit(['run'], at(60, 40), true)).toBeUndefined();
  });

  it('LIMIT-01 LIMIT-04 the time of a phase begins with its first node', () => {
    const book = new LimitBook();
    const scopes = ['run', 'phase:B'];
    book.set('phase:B', { wallTime: 10 });
    expect(book.hit(scopes, at(500), true)).toBeUndefined();
    book.launched(scopes, true, at(500, 100));
    book.launched(scopes, true, at(505, 100));
    expect(book.hit(scopes, at(515, 106), true)).toBeUndefined();
    expect(book.hit(scopes, at(516, 106), true)).toMatchObject({ scope: 'phase:B', message: 'LIMIT_WALL_TIME: 10 of 10 seconds used in phase B' });
  });

  it('LIMIT-01 RUN-04 as many nodes may fail as the limit says, and one more trips it', () => {
    const book = new LimitBook();
    book.set('run', { failures: 1 });
    book.failed(['run', 'phase:A']);
    expect([book.hit(['run'], now, true), book.failedTooOften()]).toEqual([undefined, undefined]);
    expect(book.warnings(['run'], now)).toMatchObject([{ message: 'LIMIT_FAILURES: 1 node failed, at most 1 may' }]);
    book.failed(['run', 'phase:A']);
    expect(book.failedTooOften()).toMatchObject({ code: 'LIMIT_FAILURES', message: 'LIMIT_FAILURES: 2 nodes failed, at most 1 may' });
    expect(book.hit(['run'], now, false)?.code).toBe('LIMIT_FAILURES');
    book.set('run', { failures: 0 });
    expect([book.warnings(['run'], now), book.failedTooOften(['phase:A'])]).toEqual([[], undefined]);
  });

  it('LIMIT-01 a scope is full when as many of its nodes run as may at once', () => {
    const book = new LimitBook();
    const scopes = ['run', 'phase:A', 'provider:claude'];
    book.launched(scopes, true, now);
    expect(book.full(scopes)).toBeUndefined();
    book.set('provider:claude', { concurrency: 2 });
    expect(book.full(scopes)).toBeUndefined();
    book.launched(scopes, false, now);
    expect([book.full(scopes), book.full(['run', 'phase:A', 'provider:codex'])]).toEqual(['provider:claude', undefined]);
    book.left(scopes);
    expect([book.full(scopes), book.usage('run').agents]).toEqual([undefined, 1]);
  });

  it('LIMIT-01 a node with limits of its own goes by its label, and is forgotten at its end', () => {
    const book = new LimitBook();
    book.set('node:agent:abc', { tokens: 5 });
    book.entitle('node:agent:abc', 'writer');
    book.ended(['run', 'node:agent:abc'], attempt(5, 0));
    expect(book.hit(['run', 'node:agent:abc'], now, false)?.message).toBe('LIMIT_TOKENS: 5 of 5 tokens used in node writer');
    book.forget('node:agent:abc');
    expect([book.has('node:agent:abc'), book.scopes]).toEqual([false, ['run']]);
  });

  it('LIMIT-01 a limit of a phase holds for its nodes alone', () => {
    const book = new LimitBook();
    book.set('phase:Scan', { tokens: 5 });
    book.ended(['run', 'phase:Scan'], attempt(5, 0));
    expect(book.hit(['run', 'phase:Scan'], now, true)).toMatchObject({ scope: 'phase:Scan', message: 'LIMIT_TOKENS: 5 of 5 tokens used in phase Scan' });
    expect(book.hit(['run', 'phase:Fix'], now, true)).toBeUndefined();
    expect(book.usage('run').tokens).toBe(5);
  });

  it('LIMIT-01 more agents than allowed do not start, but those that did may try again', () => {
    const book = new LimitBook();
    book.set('run', { agents: 1 });
    book.launched(['run'], true, now);
    expect([book.hit(['run'], now, true)?.code, book.hit(['run'], now, false)]).toEqual(['LIMIT_AGENTS', undefined]);
  });

  it('LIMIT-03 warns once at 80 %, and again when the limit was changed', () => {
    const book = new LimitBook();
    book.set('run', { tokens: 100, money: 1 });
    book.ended(['run'], attempt(79, 0.1));
    expect(book.warnings(['run'], now)).toEqual([]);
    book.ended(['run'], attempt(1, 0));
    expect(book.warnings(['run'], now)).toMatchObject([{ name: 'tokens', used: 80, max: 100 }]);
    book.ended(['run'], attempt(30, 0.8));
    expect(book.warnings(['run'], now)).toMatchObject([{ name: 'money' }]);
    book.set('run', { tokens: 120 });
    expect(book.warnings(['run'], now)).toMatchObject([{ name: 'tokens', used: 110, max: 120 }]);
  });

  it('MONEY-02 an unknown price is never 0: it trips a limit on money, unless that is allowed', () => {
    const book = new LimitBook();
    book.ended(['run'], attempt(10));
    expect(book.hit(['run'], now, true)).toBeUndefined();
    book.set('run', { money: 5 });
    expect(book.hit(['run'], now, true)).toMatchObject({
      code: 'PRICE_UNKNOWN',
      message: expect.stringContaining('nobody knows what an attempt cost') as string,
    });
    book.allowUnpriced = true;
    expect(book.hit(['run'], now, true)).toBeUndefined();
  });

  it('LIMIT-01 the lower of script and operator wins; --raise lets the operator go higher', () => {
    const script = { tokens: 100, agents: 3, money: 2 };
    expect(combineLimits(script, undefined)).toEqual(script);
    expect(combineLimits(undefined, { tokens: 5 })).toEqual({ tokens: 5 });
    expect(combineLimits(script, { tokens: 50, money: 9, retries: 1 })).toEqual({ tokens: 50, agents: 3, money: 2, retries: 1 });
    expect(combineLimits(script, { tokens: 500, raise: true })).toEqual({ tokens: 500, agents: 3, money: 2 });
  });

  it('LIMIT-01 LIMIT-04 the stricter way of counting time wins; --raise counts as the operator says', () => {
    const script = { wallTime: 100, wallTimeCounts: 'total' as const };
    expect(combineLimits(script, { wallTime: 50 })).toEqual({ wallTime: 50, wallTimeCounts: 'total' });
    expect(combineLimits({ wallTimeCounts: 'total' }, { wallTime: 50 })).toEqual({ wallTime: 50, wallTimeCounts: 'total' });
    expect(combineLimits({ wallTime: 10 }, { wallTimeCounts: 'total' })).toEqual({ wallTime: 10, wallTimeCounts: 'total' });
    expect(combineLimits(script, { wallTime: 500, raise: true })).toEqual({ wallTime: 500 });
    expect(combineLimits(script, { tokens: 5, raise: true })).toEqual({ ...script, tokens: 5 });
    expect(combineLimits({ failures: 3 }, { failures: 0 })).toEqual({ failures: 0 });
  });

  it('LIMIT-04 a flag that says a time says anew what counts as time', () => {
    const before = { wallTime: 60, wallTimeCounts: 'total' as const, tokens: 5 };
    expect(withFlags<OperatorLimits>(before, { wallTime: 90 })).toEqual({ wallTime: 90, tokens: 5 });
    expect(withFlags<OperatorLimits>(before, { tokens: 6 })).toEqual({ ...before, tokens: 6 });
    expect(withFlags<OperatorLimits>({ wallTime: 60 }, { wallTimeCounts: 'total' })).toEqual({ wallTime: 60, wallTimeCounts: 'total' });
  });

  it.each<[unknown, WallTime | undefined]>([
    [90, { wallTime: 90 }],
    ['90s', { wallTime: 90 }],
    [' 30m ', { wallTime: 1800 }],
    ['2h total', { wallTime: 7200, wallTimeCounts: 'total' }],
    ['1d  total', { wallTime: 86_400, wallTimeCounts: 'total' }],
    ['total', { wallTimeCounts: 'total' }],
    ...['', '2', '2x', '0s', '2htotal', 'total 2h', '1h 30m', -1, Number.NaN, Infinity, true, null, []].map((value): [unknown, undefined] => [
      value,
      undefined,
    ]),
  ])('LIMIT-04 a limit on time may be %j', (value, expected) => {
    expect(readWallTime(value)).toEqual(expected);
    if (expected && value !== 90) expect(readWallTime(wallTimeText(expected))).toEqual(expected);
  });

  it('LIMIT-01 meta.limits is read as far as it makes sense, and what does not is told', () => {
    const problems: string[] = [];
    const odd = {
      token: 5,
      money: -1,
      agents: '3',
      concurrency: 2.5,
      phases: { A: { tokens: 1, wallTime: 'long' }, B: 3 },
      providers: { claude: { money: 0 } },
    };
    expect(readLimits({ ...odd, outputTokens: 7, wallTime: '2m total', failures: 0 }, problems)).toEqual({
      outputTokens: 7,
      ...{ wallTime: 120, wallTimeCounts: 'total', failures: 0, concurrency: 2 },
      phases: { A: { tokens: 1 } },
      providers: { claude: { money: 0 } },
    });
    expect(problems).toEqual([
      'meta.limits has no "token", it limits nothing; did you mean "tokens"?',
      'meta.limits.money expects a number of 0 or more, got -1: it limits nothing',
      'meta.limits.agents expects a number of 0 or more, got "3": it limits nothing',
      'meta.limits.phases["A"].wallTime expects seconds, or a text such as "2h", "2h total" or "total", got "long": it limits nothing',
      'meta.limits.phases["B"] expects an object of limits, got 3: it limits nothing',
    ]);
    for (const nothing of [undefined, null, 3, [], {}, { tokens: Number.NaN }, { concurrency: 0 }]) expect(readLimits(nothing)).toBeUndefined();
  });

  it('LIMIT-01 a node takes limits of its own, and a number of turns', () => {
    const problems: string[] = [];
    expect(readNodeLimits({ tokens: 5, wallTime: '1m', failures: 0, agents: 1, concurrency: 2 }, problems)).toEqual({ tokens: 5, wallTime: 60, failures: 0 });
    expect([readNodeLimits(undefined), readNodeLimits('much', problems), readMaxTurns(3), readMaxTurns(undefined)]).toEqual([
      undefined,
      undefined,
      3,
      undefined,
    ]);
    for (const odd of [0, 1.5, '3', -1]) expect(readMaxTurns(odd, problems)).toBeUndefined();
    expect(problems).toHaveLength(7);
    expect(problems[0]).toBe('the option limits has no "agents", it limits nothing');
    expect(problems.at(-1)).toBe('the option maxTurns expects a whole number of 1 or more, got -1: it limits nothing');
  });
});

describe('the time of a run', () => {
  it('LIMIT-04 goes on over restarts and resumes, and knows how much of it was held', () => {
    const clock = new RunClock(1000, { total: 10, held: 2 });
    expect(clock.read(6000)).toEqual({ total: 15, held: 2 });
    clock.hold(true, 6000);
    clock.hold(true, 7000);
    expect(clock.read(9000)).toEqual({ total: 18, held: 5 });
    clock.hold(false, 10_000);
    clock.hold(false, 11_000);
    expect(clock.read(12_000)).toEqual({ total: 21, held: 6 });
  });
});

describe('what an attempt cost', () => {
  it.each([
    ['a figure of the vendor', { cost: { amount: 0.25, currency: 'USD', basis: 'list' } }, measured(0.25)],
    ['reckoned by a price file', { cost: { amount: 0.1, currency: 'USD', basis: 'price_file' } }, { usd: 0.1, basis: 'estimated' }],
    [
      'in yuan with a rate',
      { cost: { amount: 7, currency: 'CNY', basis: 'price_file', converted: { amount: 1, currency: 'USD' } } },
      { usd: 1, basis: 'estimated' },
    ],
    ['in yuan without a rate', { cost: { amount: 7, currency: 'CNY', basis: 'price_file' } }, undefined],
    ['unknown', { cost: { amount: null, currency: null, basis: 'none' } }, undefined],
    ['as Claude Code says it', { total_cost_usd: 0.5 }, measured(0.5)],
    ['as another executor says it', { summary: { cost: { amount: 2, currency: 'USD', basis: 'list' } } }, measured(2)],
    ['nothing', { ok: true }, undefined],
    ['nonsense', { cost: { amount: -1, currency: 'USD' }, total_cost_usd: 'much' }, undefined],
  ])('MONEY-02 %s', (_what, report, expected) => expect(reportCost(report)).toEqual(expected));

  it('MONEY-02 rounds add up, and are unknown or estimated as soon as one of them is', () => {
    expect(sumCosts([measured(1), measured(2)])).toEqual(measured(3));
    expect(sumCosts([measured(1), { usd: 2, basis: 'estimated' }])).toEqual({ usd: 3, basis: 'estimated' });
    expect(sumCosts([measured(1), undefined])).toBeUndefined();
    expect(sumCosts([])).toBeUndefined();
  });

  it('MONEY-03 VIEW-14 money shows what it rests on', () => {
    const text = (money: { measured: number; estimated: number; unpriced: number }) => moneyText({ ...noUsage(), money });
    expect(text({ measured: 1.5, estimated: 0, unpriced: 0 })).toBe('=$1.50');
    expect(text({ measured: 1, estimated: 0.004, unpriced: 0 })).toBe('~$1.00');
    expect(text({ measured: 0.0012, estimated: 0, unpriced: 2 })).toBe('=$0.0012+?');
    expect(text({ measured: 0, estimated: 0, unpriced: 1 })).toBe('?');
    expect(text({ measured: 0, estimated: 0, unpriced: 0 })).toBe('=$0.00');
  });
});

describe('what a dispatch sets aside', () => {
  it('BUD-07 is what its author says, else the mean of the finished attempts, else 0', () => {
    const budget = new Budget(1000);
    expect([budget.estimate(undefined), budget.estimate(70)]).toEqual([0, 70]);
    budget.add(100);
    budget.add(200);
    budget.add(null);
    expect([budget.estimate(undefined), budget.estimate(70)]).toEqual([150, 70]);
    budget.reserve(600);
    expect([budget.taken, budget.exhausted]).toEqual([false, false]);
    budget.reserve(100);
    expect([budget.taken, budget.exhausted, budget.remaining()]).toEqual([true, false, 700]);
    budget.release(100);
    expect(budget.taken).toBe(false);
  });

  it('BUD-08 tokens of the resumed run are no part of the mean', () => {
    const budget = new Budget(null);
    budget.spent = 1_000_000;
    budget.add(10);
    expect([budget.estimate(undefined), budget.taken]).toEqual([10, false]);
  });
});
