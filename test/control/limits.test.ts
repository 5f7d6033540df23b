import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/budget.ts';
import { reportCost, sumCosts } from '../../src/executor-report/cost.ts';
import { combineLimits } from '../../src/limits/combine.ts';
import { LimitBook } from '../../src/limits/limit-book.ts';
import { readLimits } from '../../src/limits/read-limits.ts';
import { moneyText, noUsage } from '../../src/limits/usage.ts';

const measured = (usd: number) => ({ usd, basis: 'measured' as const });
const attempt = (tokens: number | null, usd?: number) => ({ tokens, outputTokens: null, cost: usd === undefined ? undefined : measured(usd) });

describe('limits of the operator', () => {
  it.each([
    ['agents', 'LIMIT_AGENTS', (book: LimitBook) => book.launched(['run']), 2],
    ['tokens', 'LIMIT_TOKENS', (book: LimitBook) => book.ended(['run'], attempt(10, 0)), 20],
    ['outputTokens', 'LIMIT_OUTPUT_TOKENS', (book: LimitBook) => book.ended(['run'], { ...attempt(10, 0), outputTokens: 3 }), 6],
    ['money', 'LIMIT_MONEY', (book: LimitBook) => book.ended(['run'], attempt(1, 0.5)), 1],
    ['retries', 'LIMIT_RETRIES', (book: LimitBook) => book.retried(['run']), 2],
  ] as const)('LIMIT-01 LIMIT-02 %s trips with %s once it is reached, and not before', (name, code, use, max) => {
    const book = new LimitBook();
    book.set('run', { [name]: max });
    const first = name !== 'retries';
    use(book);
    expect(book.hit(['run'], 0, first)).toBeUndefined();
    use(book);
    expect(book.hit(['run'], 0, first)).toMatchObject({ code, scope: 'run', used: max, max });
    book.set('run', { [name]: max + 1 });
    expect(book.hit(['run'], 0, first)).toBeUndefined();
    book.set('run', { [name]: null });
    for (let more = 0; more < 10; more++) use(book);
    expect([book.hit(['run'], 0, first), book.isLimited]).toEqual([undefined, false]);
  });

  it('LIMIT-01 LIMIT-04 wall time trips by the seconds that count', () => {
    const book = new LimitBook();
    book.set('run', { wallTime: 60 });
    expect(book.hit(['run'], 59.9, true)).toBeUndefined();
    expect(book.hit(['run'], 60, true)).toMatchObject({ code: 'LIMIT_WALL_TIME', message: 'LIMIT_WALL_TIME: 60 of 60 seconds used' });
  });

  it('LIMIT-01 a limit of a phase holds for its nodes alone', () => {
    const book = new LimitBook();
    book.set('phase:Scan', { tokens: 5 });
    book.ended(['run', 'phase:Scan'], attempt(5, 0));
    expect(book.hit(['run', 'phase:Scan'], 0, true)).toMatchObject({ scope: 'phase:Scan', message: 'LIMIT_TOKENS: 5 of 5 tokens used in phase Scan' });
    expect(book.hit(['run', 'phase:Fix'], 0, true)).toBeUndefined();
    expect(book.usage('run').tokens).toBe(5);
  });

  it('LIMIT-01 more agents than allowed do not start, but those that did may try again', () => {
    const book = new LimitBook();
    book.set('run', { agents: 1 });
    book.launched(['run']);
    expect([book.hit(['run'], 0, true)?.code, book.hit(['run'], 0, false)]).toEqual(['LIMIT_AGENTS', undefined]);
  });

  it('LIMIT-03 warns once at 80 %, and again when the limit was changed', () => {
    const book = new LimitBook();
    book.set('run', { tokens: 100, money: 1 });
    book.ended(['run'], attempt(79, 0.1));
    expect(book.warnings(['run'], 0)).toEqual([]);
    book.ended(['run'], attempt(1, 0));
    expect(book.warnings(['run'], 0)).toMatchObject([{ name: 'tokens', used: 80, max: 100 }]);
    book.ended(['run'], attempt(30, 0.8));
    expect(book.warnings(['run'], 0)).toMatchObject([{ name: 'money' }]);
    book.set('run', { tokens: 120 });
    expect(book.warnings(['run'], 0)).toMatchObject([{ name: 'tokens', used: 110, max: 120 }]);
  });

  it('MONEY-02 an unknown price is never 0: it trips a limit on money, unless that is allowed', () => {
    const book = new LimitBook();
    book.ended(['run'], attempt(10));
    expect(book.hit(['run'], 0, true)).toBeUndefined();
    book.set('run', { money: 5 });
    expect(book.hit(['run'], 0, true)).toMatchObject({
      code: 'PRICE_UNKNOWN',
      message: expect.stringContaining('nobody knows what an attempt cost') as string,
    });
    book.allowUnpriced = true;
    expect(book.hit(['run'], 0, true)).toBeUndefined();
  });

  it('LIMIT-01 the lower of script and operator wins; --raise lets the operator go higher', () => {
    const script = { tokens: 100, agents: 3, money: 2 };
    expect(combineLimits(script, undefined)).toEqual(script);
    expect(combineLimits(undefined, { tokens: 5 })).toEqual({ tokens: 5 });
    expect(combineLimits(script, { tokens: 50, money: 9, retries: 1 })).toEqual({ tokens: 50, agents: 3, money: 2, retries: 1 });
    expect(combineLimits(script, { tokens: 500, raise: true })).toEqual({ tokens: 500, agents: 3, money: 2 });
  });

  it('LIMIT-01 meta.limits is read as far as it makes sense', () => {
    expect(
      readLimits({ tokens: 5, money: -1, agents: '3', concurrency: 2.5, phases: { A: { tokens: 1 }, B: 3 }, providers: { claude: { money: 0 } } }),
    ).toEqual({
      tokens: 5,
      concurrency: 2,
      phases: { A: { tokens: 1 } },
      providers: { claude: { money: 0 } },
    });
    for (const nothing of [undefined, null, 3, [], {}, { tokens: Number.NaN }, { concurrency: 0 }]) expect(readLimits(nothing)).toBeUndefined();
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
