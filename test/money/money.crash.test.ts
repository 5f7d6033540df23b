import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunCost } from '../../cli/runs/cost.ts';
import type { Project } from '../support/odw.ts';
import { exec, moneyProject, paid } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: Project;
afterEach(() => project.remove());

const costOf = async (runId: string, more: string[] = [], env: NodeJS.ProcessEnv = {}) =>
  JSON.parse((await project.odw(['runs', 'cost', runId, '--json', ...more], env)).stdout) as RunCost;
const rates = (model: string, input: number) =>
  JSON.stringify({ updated_at: '2026-10-10', prices_per_1m_tokens: { [model]: { input, output: 2 * input, cache_hit_input: input / 10 } } });

const mixed = `export const meta = { name: 'audit', phases: [{ title: 'Scan' }, { title: 'Fix' }] };
phase('Scan');
await agent(ask({ report: { model: 'big', total_cost_usd: 0.1, usage: used(1000, 100) } }), { label: 'measured' });
await agent(ask({ report: { model: 'deepseek-flash', usage: used(100000, 1000) } }), { label: 'shipped', provider: 'deepseek' });
phase('Fix');
await agent(ask({ id: 'r', tries: [{ ok: false, report: { model: 'big', total_cost_usd: 0.2, usage: used(2000, 20) } }, { report: { model: 'big', usage: used(3000, 30) } }] }), { label: 'again', retry: { maxAttempts: 2 } });
await agent(ask({ ok: false, report: { model: 'nobody', usage: { total_tokens: 77 } } }), { label: 'unknown', runtime: 'codex' });
if (args) await agent(ask({ report: { model: 'big', total_cost_usd: 0.4, usage: used(10, 1) } }), { label: 'more' });
return 'end';
`;

describe('what a run cost', () => {
  it('MONEY-01 MONEY-02 MONEY-03 each attempt has its row; sums by phase, model and provider are the total of the run, files alone tell, and a resume carries it on', async () => {
    project = moneyProject(mixed, { '.odw/rates.json': rates('big', 10) });
    const { runId = '', code } = await project.odw(exec(), paid);
    expect(code).toBe(0);
    // Neither a server nor a home: the folder alone.
    const home = mkdtempSync(join(tmpdir(), 'odw-no-home-'));
    const cost = await costOf(runId, [], { ODW_HOME: home, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    rmSync(home, { recursive: true });
    expect(cost).toMatchObject({ ok: true, run: runId, name: 'audit', carried: null, open: 0, reused: 0 });
    const kinds = { cachedInput: 0, cacheWrite: 0, reasoning: 0 };
    const own = { basis: 'estimated', source: '.odw/rates.json', asOf: '2026-10-10' };
    expect(
      cost.rows.map(({ label, attempt, outcome, model, provider, tokens, usage, cost: row }) => [label, attempt, outcome, model, provider, tokens, usage, row]),
    ).toEqual([
      ['measured', 1, 'ok', 'big', 'claude', 1100, { input: 1000, output: 100, ...kinds }, { usd: 0.1, basis: 'measured' }],
      [
        'shipped',
        1,
        'ok',
        'deepseek-flash',
        'deepseek',
        101000,
        { input: 100000, output: 1000, ...kinds },
        { usd: 0.0312, basis: 'estimated', source: 'shipped prices', asOf: '2026-11-01' },
      ],
      ['again', 1, 'retried', 'big', 'claude', 2020, { input: 2000, output: 20, ...kinds }, { usd: 0.2, basis: 'measured' }],
      ['again', 2, 'ok', 'big', 'claude', 3030, { input: 3000, output: 30, ...kinds }, { usd: 0.0306, ...own }],
      ['unknown', 1, 'failed', 'nobody', 'codex', 77, null, null],
    ]);
    const { usage } = project.state(runId);
    const { tokens, outputTokens, unmetered, unsplit, money } = cost.total;
    expect(usage).toMatchObject({ tokens, outputTokens, unmetered, unsplit, money });
    expect(money).toEqual({ measured: 0.3, estimated: 0.0618, unpriced: 1 });
    for (const by of ['phase', 'model', 'provider']) {
      const { groups = [], total } = await costOf(runId, ['--by', by]);
      const sum = (pick: (one: (typeof groups)[number]) => number) => Math.round(groups.reduce((all, one) => all + pick(one), 0) * 1e8) / 1e8;
      expect([groups.length > 1, sum((one) => one.attempts), sum((one) => one.tokens)]).toEqual([true, 5, total.tokens]);
      expect([sum((one) => one.money.measured), sum((one) => one.money.estimated), sum((one) => one.money.unpriced)]).toEqual([0.3, 0.0618, 1]);
    }
    const text = (await project.odw(['runs', 'cost', runId])).stdout;
    expect(text).toContain('~ estimated: $0.0306, tokens by .odw/rates.json of 2026-10-10\n');
    expect(text).toMatch(/\? unknown: the price of 1 attempt with 77 tokens; it is not in the sum\n/);

    const again = await project.odw(['exec', '--resume', runId, '--input', '{"more":true}'], paid);
    const resumed = await costOf(again.runId ?? '');
    expect([again.code, resumed.reused, resumed.rows.map(({ label }) => label)]).toEqual([0, 3, ['unknown', 'more']]);
    expect(resumed.carried).toMatchObject({ tokens, money });
    expect(project.state(again.runId ?? '').usage).toMatchObject({ tokens: resumed.total.tokens, money: resumed.total.money });
    expect(resumed.total.money).toEqual({ measured: 0.7, estimated: 0.0618, unpriced: 2 });
  });
});

it('MONEY-01 nodes that go on in one session of an executor that counts over all of it are told apart', async () => {
  project = moneyProject(`for (const n of [1, 2, 3])
  await agent(ask({ report: { model: 'm', total_cost_usd: n / 4, usage: { cumulative: true, ...used(1000 * n, 10 * n) } } }), { label: 'n' + n, session: 'one' });`);
  const { runId = '' } = await project.odw(exec(), paid);
  const { rows, total } = await costOf(runId);
  expect(rows.map(({ tokens, usage, cost }) => [tokens, usage?.input, usage?.output, cost?.usd])).toEqual([1, 2, 3].map(() => [1010, 1000, 10, 0.25]));
  expect(project.state(runId)).toMatchObject({ usage: { tokens: 3030, outputTokens: 30, money: total.money }, budget: { spent: 3030 } });
});

describe('a limit on money', () => {
  it('MONEY-02 needs the prices of the models that are named, before anything is started', async () => {
    project = moneyProject(`return (await agent(ask({ report: { model: 'm9', usage: used(1000, 10) } }), { runtime: 'codex', model: 'm9' })).ok`);
    const refused = await project.odw(exec('--max-money', '5'), paid);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('PRICE_UNKNOWN: money is limited to 5.00 USD, and nobody knows the price of m9 of codex (line 3); nothing was started');
    expect(refused.stderr).toContain('--allow-unpriced');
    expect(existsSync(join(project.dir, '.odw'))).toBe(false);
    expect(JSON.parse((await project.odw(exec('--max-money', '5', '--json'), paid)).stdout)).toMatchObject({ ok: false, error: { category: 'price-unknown' } });

    project.write('mine.json', rates('codex:m9', 100));
    const priced = await project.odw(exec('--max-money', '5', '--rates', 'mine.json'), paid);
    expect([priced.code, priced.stderr]).toEqual([0, '']);
    expect((await costOf(priced.runId ?? '')).rows).toMatchObject([
      { cost: { usd: 0.102, basis: 'estimated', source: join(project.dir, 'mine.json'), asOf: '2026-10-10' } },
    ]);
    // The flag is a part of the run: a resume goes by the same file.
    expect(project.run(priced.runId ?? '').command).toEqual(expect.arrayContaining(['--rates', join(project.dir, 'mine.json')]));
    const allowed = await project.odw(exec('--max-money', '5', '--allow-unpriced'), paid);
    expect([allowed.code, (await costOf(allowed.runId ?? '')).total.money]).toEqual([0, { measured: 0, estimated: 0, unpriced: 1 }]);
    // Without a limit nobody has to know.
    expect((await project.odw(exec(), { ...paid, ODW_RATES: 'mine.json' })).code).toBe(0);
    expect((await costOf('latest')).total.money).toEqual({ measured: 0, estimated: 0.102, unpriced: 0 });

    project.write('mine.json', '{"prices_per_1m_tokens":{"m9":{"input":"much"}}}');
    const broken = await project.odw(exec('--rates', 'mine.json'), paid);
    expect(broken).toMatchObject({ code: 2, stdout: '' });
    expect(broken.stderr).toContain('mine.json holds no rates:');
  });
});
