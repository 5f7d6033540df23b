import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000 });

let project: Project;
let run: OdwProcess | undefined;
afterEach(async () => {
  if (run?.child.exitCode === null) run.child.kill('SIGKILL');
  await run?.end;
  run = undefined;
  project.remove();
});

const five = `const done = [];
  for (const n of [1, 2, 3, 4, 5]) done.push((await agent('work ' + n, { label: 'n' + n, mockTokens: 100, ...(args ?? {}) })).ok);
  return done.length`;
const start = (...args: string[]) => (run = startOdw(['exec', '--script', 'a.js', ...args], { cwd: project.dir }));
const json = async (...args: string[]) => JSON.parse((await project.odw([...args, '--json'])).stdout) as Record<string, unknown>;
const done = async (...args: string[]) => expect(await json(...args)).toEqual(expect.objectContaining({ ok: true }));
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;
const walk = (runId: string) =>
  project.events(runId).flatMap(({ type, from, to, reason }) => (type === 'run_state' ? [`${String(from)}>${String(to)} ${String(reason)}`] : []));

async function parked(runId: string): Promise<void> {
  await until(() => project.run(runId).state === 'parked', 'run.json says parked');
}

describe('limits of the operator', () => {
  it('LIMIT-01 LIMIT-02 LIMIT-03 VIEW-15 CTRL-02 CTRL-07 PAIN-07 a run parks at its limit, says so, and goes on when it was raised; nothing runs twice', async () => {
    project = new Project({ 'a.js': five });
    const first = start('--max-tokens', '250');
    const runId = await runIdOf(first);
    await first.until(/\[run\] to go on: odw limits .* --tokens N && odw unpause/, 120_000);
    await parked(runId);
    await until(() => count(runId, 'run_state') === 1, 'the journal says parked');
    expect([count(runId, 'agent_done'), count(runId, 'agent_start')]).toEqual([3, 3]);
    expect(project.run(runId)).toMatchObject({ status: 'paused', parked: { reason: 'limit', scope: 'run', code: 'LIMIT_TOKENS' }, limits: { tokens: 250 } });
    await until(() => project.state(runId).parked !== undefined, 'state.json says parked');
    expect(project.state(runId)).toMatchObject({ state: 'parked', parked: { run: { code: 'LIMIT_TOKENS' } }, usage: { agents: 3, tokens: 300 } });
    expect(project.events(runId).filter(({ type }) => type === 'limit_warning')).toMatchObject([{ scope: 'run', limit: 'tokens', used: 200, max: 250 }]);
    const shown = (await project.odw(['runs', 'show', runId])).stdout;
    expect(shown).toContain('Parked: limit: LIMIT_TOKENS: 300 of 250 tokens used');
    expect(shown).toContain(`Go on: odw limits --path ${project.dir} ${runId} --tokens N && odw unpause`);

    expect(await json('status', runId)).toMatchObject({
      ...{ ok: true, run: runId, state: 'parked', verdict: 'unverified', census: { ok: 3, failed: 0 } },
      ...{ phases: [{ title: '', nodes: 3, done: 3 }], parked: [{ code: 'LIMIT_TOKENS' }], usage: { tokens: 300 } },
      next: expect.stringContaining('odw limits') as string,
    });
    expect(await json('unpause', runId)).toMatchObject({
      ok: false,
      code: 'LIMIT_TOKENS',
      message: expect.stringContaining('raise the limit first') as string,
    });
    const limits = await json('limits', runId, '--tokens', '10000', '--concurrency', '2');
    expect(limits).toMatchObject({
      ok: true,
      state: 'parked',
      changed: true,
      limits: [
        { scope: 'run', limits: { tokens: 10000, concurrency: 2 }, usage: { agents: 3, tokens: 300, money: { measured: 0, estimated: 0, unpriced: 0 } } },
      ],
    });
    expect((await project.odw(['limits', runId])).stdout).toMatch(/tokens +300 of 10000\n[^]*money +=\$0\.00 \(no limit\)[^]*odw unpause/);
    expect(await json('unpause', runId)).toMatchObject({ ok: true, state: 'running' });
    const end = await first.end;
    expect([end.code, project.state(runId).result, count(runId, 'agent_start')]).toEqual([0, 5, 5]);
    expect(walk(runId)).toEqual(['running>parked limit', 'parked>running asked']);
    expect(project.run(runId)).toMatchObject({ state: 'completed', parked: null });
  });

  it('LIMIT-01 LIMIT-02 the limits of a script and of a phase park, and --raise lifts the first', async () => {
    const script = `export const meta = { name: 'l', limits: { agents: 2, phases: { B: { tokens: 100 } } }, phases: [{ title: 'A' }, { title: 'B' }] };
      phase('A'); await agent('a'); phase('B'); await agent('b', { mockTokens: 100 }); phase('A'); await agent('c'); return 'end'`;
    project = new Project({ 'a.js': script });
    const first = start();
    const runId = await runIdOf(first);
    await parked(runId);
    expect(project.run(runId).parked).toMatchObject({ scope: 'run', code: 'LIMIT_AGENTS' });
    await done('limits', runId, '--agents', '3');
    await done('unpause', runId);
    expect([(await first.end).code, project.state(runId).result]).toEqual([0, 'end']);

    project.write('a.js', script.replace("phase('A'); await agent('c')", "await agent('d')").replace('agents: 2', 'agents: 9'));
    const second = start();
    const other = await runIdOf(second);
    await parked(other);
    expect(project.run(other).parked).toMatchObject({
      scope: 'phase:B',
      code: 'LIMIT_TOKENS',
      fix: expect.stringContaining("--phase 'B' --tokens N") as string,
    });
    await done('limits', other, '--phase', 'B', '--tokens', 'none');
    await done('unpause', other);
    expect([(await second.end).code, project.state(other).result]).toEqual([0, 'end']);
  });

  it('LIMIT-02 BUD-09 --on-limit stop fails the run, what runs ends; a resume with a higher limit reuses what is finished', async () => {
    const script = `return (await parallel([1, 2, 3, 4].map((n) => () => agent('w' + n, { mockTokens: 100, mockDelayMs: n === 2 ? 1500 : 0 })))).filter((one) => one?.ok).length`;
    project = new Project({ 'a.js': script });
    const end = await start('--max-tokens', '100', '--on-limit', 'stop', '--concurrency', '2').end;
    const runId = end.runId as string;
    expect(end.code).toBe(1);
    expect(project.run(runId)).toMatchObject({
      status: 'failed',
      error: { category: 'LIMIT_TOKENS', message: expect.stringMatching(/^LIMIT_TOKENS: [12]00 of 100 tokens used$/) as string },
    });
    const { ok: finished, failed } = project.run(runId)['census'] as { ok: number; failed: number };
    expect([finished, failed, Object.keys(project.state(runId).failedAgents)]).toEqual([2, 0, []]);
    expect(walk(runId)).toEqual(['running>stopping limit']);
    const again = await project.odw(['exec', '--resume', runId, '--max-tokens', '1000']);
    expect([again.code, project.state(again.runId as string).result, count(again.runId as string, 'agent_skip')]).toEqual([0, 4, 2]);
    expect(project.state(again.runId as string).usage?.tokens).toBe(400);
  });

  it('LIMIT-02 CLI-04 Ctrl-C leaves a parked run open; the resume with a higher limit goes on in the same run', async () => {
    project = new Project({ 'a.js': five });
    const first = start('--max-tokens', '150');
    const runId = await runIdOf(first);
    await parked(runId);
    first.child.kill('SIGINT');
    expect((await first.end).code).toBe(130);
    expect(project.run(runId)).toMatchObject({ status: 'interrupted' });
    const again = await project.odw(['exec', '--resume', 'latest', '--max-tokens', '5000']);
    expect([again.code, again.runId, project.state(runId).result, count(runId, 'agent_start')]).toEqual([0, runId, 5, 5]);
    expect(project.run(runId)['limits']).toEqual({ tokens: 5000 });
  });

  it('LIMIT-02 MONEY-02 MONEY-03 money parks too; a price that nobody knows is never 0', async () => {
    project = new Project({ 'a.js': five });
    const first = start('--max-money', '1', '--input', '{"mockCost":0.5}');
    const runId = await runIdOf(first);
    await parked(runId);
    expect(project.run(runId).parked).toMatchObject({ code: 'LIMIT_MONEY', message: 'LIMIT_MONEY: 1.00 of 1.00 USD used' });
    await until(() => project.state(runId).usage?.money.measured === 1, 'state.json tells the money');
    expect(project.state(runId).usage?.money).toEqual({ measured: 1, estimated: 0, unpriced: 0 });
    await done('stop', runId);
    expect((await first.end).code).toBe(1);

    const second = start('--max-money', '1', '--input', '{"mockCost":null}');
    const other = await runIdOf(second);
    await parked(other);
    await until(() => count(other, 'run_state') === 1, 'the journal says parked');
    expect([project.run(other).parked?.code, count(other, 'agent_done')]).toEqual(['PRICE_UNKNOWN', 1]);
    expect(await json('limits', other, '--allow-unpriced')).toMatchObject({
      ok: true,
      limits: [{ usage: { money: { measured: 0, estimated: 0, unpriced: 1 } } }],
    });
    await done('unpause', other);
    expect([(await second.end).code, project.state(other).usage?.money.unpriced]).toEqual([0, 5]);
  });
});

describe('reservations of the budget', () => {
  const four = (options: string) =>
    `return await parallel([1, 2, 3, 4].map((n) => async () => { try { return (await agent('w' + n, { ${options}, mockDelayMs: 300 })).ok } catch (error) { return error.message } }))`;

  it('BUD-07 a dispatch that would go beyond the total waits for those in flight: the overshoot does not grow with concurrency', async () => {
    project = new Project({ 'a.js': four('mockTokens: 60, estimateTokens: 60') });
    const end = await start('--budget', '100', '--concurrency', '4').end;
    const exhausted = 'workflow budget exhausted: spent 120 >= total 100 tokens';
    expect(project.state(end.runId as string).result).toEqual([true, true, exhausted, exhausted]);
    expect([project.state(end.runId as string).budget.spent, count(end.runId as string, 'agent_start')]).toEqual([120, 2]);
  });

  it('BUD-07 one that waited starts when those in flight took less than was set aside', async () => {
    project = new Project({ 'a.js': four('mockTokens: 10, estimateTokens: 60') });
    const end = await start('--budget', '100', '--concurrency', '4').end;
    const runId = end.runId as string;
    expect([project.state(runId).result, project.state(runId).budget.spent]).toEqual([[true, true, true, true], 40]);
    let running = 0;
    let most = 0;
    for (const { type } of project.events(runId)) {
      if (type === 'agent_start') most = Math.max(most, ++running);
      if (type === 'agent_done') running--;
    }
    expect(most).toBe(2);
  });

  it('BUD-07 COMPAT-03 without an estimate the mean of the finished attempts counts', async () => {
    const script = `await agent('first', { mockTokens: 60 });
      return (await Promise.allSettled([1, 2, 3].map((n) => agent('w' + n, { mockTokens: 60, mockDelayMs: 200 })))).map(({ status }) => status)`;
    project = new Project({ 'a.js': script });
    const end = await start('--budget', '200', '--concurrency', '4').end;
    const runId = end.runId as string;
    // 60 are spent and 60 set aside for each: the fourth in line would start at 60 + 3 * 60.
    expect([end.code, project.state(runId).result, project.state(runId).budget.spent]).toEqual([0, ['fulfilled', 'fulfilled', 'fulfilled'], 240]);
    const more = await start('--budget', '120', '--concurrency', '4').end;
    expect([project.state(more.runId as string).result, project.state(more.runId as string).budget.spent]).toEqual([
      ['fulfilled', 'rejected', 'rejected'],
      120,
    ]);
  });
});
