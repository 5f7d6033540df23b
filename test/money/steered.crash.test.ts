import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunCost } from '../../cli/runs/cost.ts';
import { runIdOf, until } from '../control/support.ts';
import { startOdw, type OdwProcess, type Project } from '../support/odw.ts';
import { exec, moneyProject, paid } from './support.ts';

vi.setConfig({ testTimeout: 300_000 });

let project: Project;
let run: OdwProcess | undefined;
afterEach(async () => {
  if (run?.child.exitCode === null) run.child.kill('SIGKILL');
  await run?.end;
  run = undefined;
  project.remove();
});

const start = (...more: string[]) => (run = startOdw(exec(...more), { cwd: project.dir, env: paid }));
const costOf = async (runId: string) => JSON.parse((await project.odw(['runs', 'cost', runId, '--json'])).stdout) as RunCost;
const said = async (...args: string[]) => expect(JSON.parse((await project.odw([...args, '--json'])).stdout)).toMatchObject({ ok: true });
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;

describe('the ledger of a run that is steered', () => {
  it('MONEY-03 dispatches that were restarted, stopped alone and stopped with their run have rows; their unknown cost is in no sum as 0', async () => {
    project =
      moneyProject(`await agent(ask({ id: 'again', tries: [{ ms: 600000 }, { report: { model: 'm', total_cost_usd: 0.5, usage: used(100, 10) } }] }), { label: 'again' });
await agent(ask({ id: 'alone', ms: 600000 }), { label: 'alone' });
await agent(ask({ id: 'last', ms: 600000 }), { label: 'last' });`);
    const { end } = start();
    const runId = await runIdOf(run as OdwProcess);
    const begun = (id: string) => until(() => existsSync(join(project.dir, `count.${id}`)), `the executor of ${id} works`);
    await begun('again');
    await said('node', 'restart', runId, 'again');
    await begun('alone');
    // The run is open, and its ledger tells what is known so far.
    const open = await costOf(runId);
    expect(open.rows.map(({ label, outcome, cost }) => [label, outcome, cost])).toEqual([
      ['again', 'restarted', null],
      ['again', 'ok', { usd: 0.5, basis: 'measured' }],
    ]);
    expect([open.open, open.total.money]).toEqual([1, { measured: 0.5, estimated: 0, unpriced: 1 }]);
    await said('node', 'stop', runId, 'alone');
    await begun('last');
    await said('stop', runId);
    await end;
    const cost = await costOf(runId);
    expect(cost.rows.map(({ label, outcome }) => [label, outcome])).toEqual([
      ['again', 'restarted'],
      ['again', 'ok'],
      ['alone', 'failed'],
      ['last', 'stopped'],
    ]);
    const { tokens, unmetered, money } = cost.total;
    expect([money, cost.open]).toEqual([{ measured: 0.5, estimated: 0, unpriced: 3 }, 0]);
    expect(project.state(runId).usage).toMatchObject({ tokens, unmetered, money });
  });

  it('MONEY-02 a model that only the script knows parks the run at its first attempt without a price, and a price given then holds', async () => {
    project = moneyProject(`const done = [];
for (const n of [1, 2, 3]) done.push((await agent(ask({ report: { model: args, usage: used(1000, n) } }), { label: 'n' + n, model: args })).ok);
return done.length`);
    start('--max-money', '5', '--input', 'computed');
    const runId = await runIdOf(run as OdwProcess);
    await until(() => project.run(runId).state === 'parked', 'run.json says parked');
    await until(() => count(runId, 'park') === 1, 'the journal says parked');
    expect(project.run(runId).parked).toMatchObject({ code: 'PRICE_UNKNOWN', fix: expect.stringContaining('--allow-unpriced') as string });
    expect([count(runId, 'agent_done'), (await costOf(runId)).total.money]).toEqual([1, { measured: 0, estimated: 0, unpriced: 1 }]);
    project.write('.odw/rates.json', '{"prices_per_1m_tokens":{"computed":{"input":100,"output":0}}}');
    await said('limits', runId, '--allow-unpriced');
    await said('unpause', runId);
    expect((await (run as OdwProcess).end).code).toBe(0);
    expect((await costOf(runId)).total.money).toEqual({ measured: 0, estimated: 0.2, unpriced: 1 });
  });
});
