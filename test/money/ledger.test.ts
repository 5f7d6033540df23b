import { describe, expect, it } from 'vitest';
import type { InnerEvent } from '../../schemas/journal.ts';
import { costText } from '../../cli/runs/cost-text.ts';
import { readLedger } from '../../src/ledger/rows.ts';
import { noUsage } from '../../src/limits/usage.ts';
import { sourcesOf, sumGroups, sumRows, totalOf } from '../../src/ledger/sums.ts';

const ts = '2026-11-21T12:00:00.000Z';
const event = (type: string, fields: object): InnerEvent => ({ type, ts, ...fields });
const node = (key: string, more: object = {}) => ({ key, label: key, phase: 'P', attempt: 1, maxAttempts: 2, ...more });
const start = (key: string, more: object = {}) =>
  event('agent_start', { ...node(key), runtime: 'claude', model: 'inherit', config: { runtime: 'claude' }, ...more });
const usage = (input: number, output: number) => ({ input, cachedInput: 0, cacheWrite: 0, output, reasoning: 0 });
const measured = (usd: number) => ({ usd, basis: 'measured' });
const spent = (input: number, output: number, cost: unknown) => ({ tokens: input + output, usage: usage(input, output), cost, service: 'claude' });
const real = event('workflow_start', { name: 'n', backend: 'pandacode' });

describe('the ledger of a run', () => {
  it('MONEY-03 QUOTA-07 a node that went to another provider is one node, under its last key', () => {
    const { rows } = readLedger([
      real,
      start('first'),
      event('agent_wait', { ...node('first'), reason: 'quota: claude', ...spent(5, 1, measured(0.1)) }),
      event('agent_failover', { ...node('second'), before: 'first', from: 'claude', to: 'codex', runtime: 'codex', model: 'inherit' }),
      event('agent_continue', node('second')),
      event('agent_done', { ...node('second'), ok: true, ...spent(10, 1, measured(0.2)), service: 'codex' }),
    ]);
    expect(rows.map(({ key, provider, outcome }) => [key, provider, outcome])).toEqual([
      ['second', 'claude', 'waited'],
      ['second', 'codex', 'ok'],
    ]);
  });

  it('MONEY-03 has a row for each dispatch that ended, with how it ended', () => {
    const { rows, open, reused } = readLedger([
      real,
      start('ok'),
      event('agent_done', { ...node('ok'), ok: true, ...spent(10, 1, measured(0.1)), answered: 'opus-5' }),
      start('again'),
      event('agent_retry', { ...node('again'), ...spent(20, 2, measured(0.2)) }),
      start('again'),
      event('agent_wait', { ...node('again', { attempt: 2 }), reason: 'quota: claude', ...spent(0, 0, measured(0)) }),
      event('agent_continue', node('again', { attempt: 2 })),
      event('agent_cut', { ...node('again', { attempt: 2 }), reason: 'restart', ...spent(5, 5, null) }),
      event('agent_continue', node('again', { attempt: 2 })),
      event('agent_done', {
        ...node('again', { attempt: 2 }),
        ok: false,
        ...spent(30, 3, { usd: 0.3, basis: 'estimated', source: 'shipped prices', asOf: '2026-11-01' }),
      }),
      event('agent_skip', node('cached')),
      start('cut'),
      event('agent_cut', { ...node('cut'), reason: 'stopped', ...spent(1, 1, null) }),
      start('running'),
    ]);
    expect(rows.map(({ key, attempt, outcome, model, tokens }) => [key, attempt, outcome, model, tokens])).toEqual([
      ['ok', 1, 'ok', 'opus-5', 11],
      ['again', 1, 'retried', null, 22],
      ['again', 2, 'waited', null, 0],
      ['again', 2, 'restarted', null, 10],
      ['again', 2, 'failed', null, 33],
      ['cut', 1, 'stopped', null, 2],
    ]);
    expect([open, reused]).toEqual([1, 1]);
    expect(sourcesOf(rows)).toEqual([{ source: 'shipped prices', asOf: '2026-11-01', usd: 0.3 }]);
  });

  it.each(['phase', 'model', 'provider'] as const)('MONEY-03 sums by %s are the total, to the last digit', (by) => {
    const amounts = [0.1, 0.2, 0.3, 0.00000001, 0.7, 1.1, 2.2, null];
    const events = amounts.flatMap((usd, n) => [
      start(`k${n}`, { phase: `P${n % 3}` }),
      event('agent_done', {
        ...node(`k${n}`, { phase: `P${n % 3}` }),
        ...{ ok: true, tokens: n, usage: null, service: `s${n % 2}`, answered: `m${n % 4}` },
        cost: usd === null ? null : { usd, basis: n % 2 ? 'measured' : 'estimated' },
      }),
    ]);
    const { rows } = readLedger([real, ...events]);
    const groups = sumGroups(rows, by);
    const add = (pick: (sum: (typeof groups)[number]) => number) => Math.round(groups.reduce((all, group) => all + pick(group), 0) * 1e8) / 1e8;
    const total = sumRows(rows);
    expect(groups.length).toBeGreaterThan(1);
    expect(total.money).toEqual({ measured: 1.30000001, estimated: 3.3, unpriced: 1 });
    expect([add(({ money }) => money.measured), add(({ money }) => money.estimated), add(({ money }) => money.unpriced)]).toEqual([1.30000001, 3.3, 1]);
    expect([add(({ tokens }) => tokens), add(({ attempts }) => attempts)]).toEqual([total.tokens, 8]);
  });

  it('MONEY-03 what a resumed run used before is part of the total, not of the rows', () => {
    const carried = {
      ...{ agents: 2, retries: 0, failures: 0, wallTime: 0, heldTime: 0, tokens: 100, outputTokens: 10, unmetered: 1, unsplit: 0 },
      money: { measured: 0.1, estimated: 0.2, unpriced: 1 },
    };
    const ledger = readLedger([
      event('workflow_start', { backend: 'pandacode', carried }),
      start('a'),
      event('agent_done', { ...node('a'), ok: true, ...spent(5, 5, measured(0.2)) }),
    ]);
    expect(totalOf(ledger)).toMatchObject({ attempts: 1, tokens: 110, unmetered: 1, money: { measured: 0.3, estimated: 0.2, unpriced: 1 } });
  });

  it('MONEY-03 a mock costs nothing unless its script says so; runs of older versions tell no cost, which is unknown; what never started has no row', () => {
    const done = (key: string, more: object = {}) => [start(key), event('agent_done', { ...node(key), ok: true, tokens: 3, ...more })];
    const mock = readLedger([event('workflow_start', { backend: 'mock' }), ...done('a'), ...done('b', { cost: null }), ...done('c', { cost: measured(2) })]);
    expect(mock.rows.map(({ cost }) => cost)).toEqual([measured(0), null, measured(2)]);
    const old = readLedger([real, ...done('a', { model: 'opus' }), event('agent_done', { ...node('never'), ok: false, tokens: null })]);
    expect(old.rows).toMatchObject([{ key: 'a', cost: null, model: 'opus', provider: 'claude', tokens: 3 }]);
  });

  it('MONEY-03 VIEW-14 people read what is measured, estimated and unknown, and that unknown is not 0', () => {
    const ledger = readLedger([
      real,
      start('a'),
      event('agent_done', { ...node('a'), ok: true, ...spent(1_234_567, 3, measured(0.25)), answered: 'opus-5' }),
      start('b\u001b[31m'),
      event('agent_done', { ...node('b\u001b[31m'), ok: false, tokens: null, usage: null, cost: null, service: 'codex', answered: 'gpt' }),
    ]);
    const text = costText({
      ok: true,
      run: 'r',
      name: 'n',
      state: 'completed',
      backend: 'pandacode',
      ...ledger,
      sources: sourcesOf(ledger.rows),
      total: totalOf(ledger),
    });
    expect(text.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'n r completed',
      '',
      'node model provider tokens input cached output cost (USD)',
      'P / a opus-5 claude 1,234,570 1,234,567 0 3 =$0.2500',
      'P / b [31m failed gpt codex ? ? ? ? ?',
      'total, 2 attempts 1,234,570+? 1,234,567 0 3 =$0.2500+?',
      '',
      "= measured: $0.2500, the executor's own figure",
      '? unknown: the price of 1 attempt that told no tokens; it is not in the sum',
      ' for the next attempts: prices in .odw/rates.json for codex:gpt',
    ]);
  });

  it('MONEY-03 people read what earlier runs used apart, and that a mock is no bill', () => {
    const carried = { ...noUsage(), tokens: 100, money: { measured: 0.1, estimated: 0.2, unpriced: 0 } };
    const told = (backend: string, ...events: InnerEvent[]) => {
      const ledger = readLedger(events);
      const text = costText({ ok: true, run: 'r', name: 'n', state: 'completed', backend, ...ledger, sources: sourcesOf(ledger.rows), total: totalOf(ledger) });
      return text.split('\n').map((line) => line.replace(/ +/g, ' '));
    };
    const resumed = [
      event('workflow_start', { backend: 'pandacode', carried }),
      start('a'),
      event('agent_done', { ...node('a'), ok: true, ...spent(5, 5, measured(0.2)) }),
    ];
    expect(told('pandacode', ...resumed).slice(2)).toEqual([
      'node model provider tokens input cached output cost (USD)',
      'P / a – claude 10 5 0 5 =$0.2000',
      'earlier runs 100 ~$0.3000',
      'total, 1 attempt 110 ~$0.5000',
      '',
      "= measured: $0.3000, the executor's own figure",
      '~ estimated: $0.2000, in earlier runs',
      'earlier runs: what the runs used that this one resumed',
    ]);
    const played = [event('workflow_start', { backend: 'mock' }), start('a'), event('agent_done', { ...node('a'), ok: true, tokens: null })];
    expect(told('mock', ...played).at(-1)).toBe('mock backend: agents were played, nothing was paid');
  });
});
