import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { HeldProject, runIdOf, until } from './support.ts';

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

const start = (...args: string[]) => (run = startOdw(['exec', '--script', 'a.js', ...args], { cwd: project.dir }));
const json = async (...args: string[]) => JSON.parse((await project.odw([...args, '--json'])).stdout) as Record<string, unknown>;
const done = async (...args: string[]) => expect(await json(...args)).toEqual(expect.objectContaining({ ok: true }));
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;
const parkedAt = (runId: string, code: string) => until(() => project.run(runId).parked?.code === code, `run.json says parked at ${code}`);

// Asks until the run is hosted.
async function usageOf(runId: string): Promise<{ wallTime: number; heldTime: number }> {
  for (const deadline = Date.now() + 120_000; ;) {
    const { limits, message } = (await json('limits', runId)) as { limits?: { usage: { wallTime: number; heldTime: number } }[]; message?: string };
    if (limits) return limits[0]!.usage;
    if (Date.now() > deadline) throw new Error(`the run does not answer: ${message}`);
  }
}

describe('strict runs', () => {
  it('RUN-04 RUN-03 --strict: one failed node of two, exit 1; a resume without it reuses the other', async () => {
    project = new Project({ 'a.js': `return [(await agent('good')).ok, (await agent('bad', { mockFail: true })).ok]` });
    const end = await start('--strict', '--json-envelope').end;
    expect(end.code).toBe(1);
    const envelope = JSON.parse(end.stdout) as Record<string, unknown>;
    const runId = envelope['run_id'] as string;
    const error = { category: 'LIMIT_FAILURES', message: 'LIMIT_FAILURES: 1 node failed, at most 0 may' };
    expect(envelope).toMatchObject({ status: 'failed', error, result: [true, false], census: { ok: 1, failed: 1 } });
    expect(project.run(runId)).toMatchObject({ status: 'failed', state: 'failed', error, limits: { failures: 0 }, census: { ok: 1, failed: 1 } });
    expect(project.state(runId)).toMatchObject({ result: [true, false], error: { message: error.message }, usage: { failures: 1 } });
    expect(project.state(runId).completedAt).toBeUndefined();
    const again = await project.odw(['exec', '--resume', runId, '--max-failures', '1']);
    expect([again.code, count(again.runId as string, 'agent_skip')]).toEqual([0, 1]);
    expect(project.run(again.runId as string)).toMatchObject({ state: 'completed-with-failures', limits: { failures: 1 } });
  });

  it('RUN-04 LIMIT-02 CTRL-07 with --on-limit park a person decides, and nothing runs twice', async () => {
    project = new Project({ 'a.js': `const r = []; for (const n of [1, 2, 3]) r.push((await agent('w' + n, { mockFail: n === 1 })).ok); return r` });
    const first = start('--max-failures', '0', '--on-limit', 'park');
    const runId = await runIdOf(first);
    await parkedAt(runId, 'LIMIT_FAILURES');
    expect(project.run(runId).parked?.fix).toMatch(/--failures N && odw unpause/);
    expect(await json('unpause', runId)).toMatchObject({ ok: false, code: 'LIMIT_FAILURES' });
    await done('limits', runId, '--failures', '1');
    await done('unpause', runId);
    expect([(await first.end).code, project.state(runId).result, count(runId, 'agent_start')]).toEqual([0, [false, true, true], 3]);
  });
});

describe('limits of an open run', () => {
  it('LIMIT-01 LIMIT-02 CTRL-07 a node parks at a limit of its own, and goes on when it was raised by label', async () => {
    const tries = `{ label: 'x', mockTokens: 10, mockFail: true, mockRetryable: true, maxAttempts: 3, limits: { tokens: 15 } }`;
    project = new Project({ 'a.js': `const x = agent('held', ${tries}); await agent('free'); return (await x).error.category` });
    const first = start('--concurrency', '1');
    const runId = await runIdOf(first);
    await parkedAt(runId, 'LIMIT_TOKENS');
    expect(project.run(runId).parked).toMatchObject({
      scope: expect.stringMatching(/^node:agent:/) as string,
      message: 'LIMIT_TOKENS: 20 of 15 tokens used in node x',
      fix: expect.stringMatching(/--node 'agent:[0-9a-f]+' --tokens N/) as string,
    });
    expect(await json('limits', runId, '--node', 'nobody', '--tokens', '1')).toMatchObject({ ok: false, code: 'NODE_UNKNOWN' });
    expect(await json('limits', runId, '--node', 'x', '--tokens', '500')).toMatchObject({
      limits: [{ scope: 'run' }, { limits: { tokens: 500 }, usage: { tokens: 20 } }],
    });
    await done('unpause', runId);
    expect([(await first.end).code, project.state(runId).result, count(runId, 'agent_start'), count(runId, 'agent_done')]).toEqual([0, 'mock_failed', 4, 2]);
  });

  it('LIMIT-01 LIMIT-02 a resume goes above a limit of the script with --raise only; --on-limit can be changed too', async () => {
    const script = `export const meta = { name: 'l', limits: { tokens: 150 } };
      for (const n of [1, 2, 3, 4, 5]) await agent('w' + n, { mockTokens: 100 }); return 'end'`;
    project = new Project({ 'a.js': script });
    const first = start();
    const runId = await runIdOf(first);
    await parkedAt(runId, 'LIMIT_TOKENS');
    first.child.kill('SIGINT');
    expect((await first.end).code).toBe(130);
    const second = start('--resume', runId, '--max-tokens', '5000');
    await until(() => count(runId, 'limits') === 1, 'the run has heard of the new limit');
    expect(project.events(runId).find(({ type }) => type === 'limits')).toMatchObject({ changes: { tokens: 150 } });
    await until(() => project.run(runId).state === 'parked', 'it is parked still');
    second.child.kill('SIGINT');
    await second.end;
    const third = await project.odw(['exec', '--resume', runId, '--max-tokens', '350', '--raise', '--on-limit', 'stop']);
    expect([third.code, third.runId, count(runId, 'agent_done')]).toEqual([1, runId, 4]);
    expect(project.run(runId)).toMatchObject({ status: 'failed', error: { category: 'LIMIT_TOKENS', message: 'LIMIT_TOKENS: 400 of 350 tokens used' } });
  });

  it('LIMIT-04 wall time counts over a killed host, without pauses; with "total" they count', async () => {
    const held = new HeldProject(`for (const n of [1, 2, 3]) await agent('w' + n); return 'end'`);
    project = held;
    const first = (run = held.exec('--max-wall', '1h'));
    const runId = await runIdOf(first);
    await held.untilStarts(1);
    await done('pause', runId);
    held.go();
    await until(() => project.run(runId).state === 'paused', 'the run is paused');
    const before = await usageOf(runId);
    first.child.kill('SIGKILL');
    await first.end;
    const second = (run = held.exec('--resume', runId));
    await runIdOf(second);
    const after = await usageOf(runId);
    // What passed in between was all paused: it counts as held, and no more.
    expect(after.wallTime).toBeGreaterThan(before.wallTime);
    expect(after.heldTime).toBeGreaterThan(before.heldTime);
    expect(after.wallTime - after.heldTime).toBeCloseTo(before.wallTime - before.heldTime, 1);

    const active = Math.floor(after.wallTime - after.heldTime);
    await done('limits', runId, '--wall', `${active + 1}s total`);
    await until(() => Date.now() - project.run(runId).started_ms > (active + 2) * 1000, 'the pause is longer than what is left');
    await done('unpause', runId);
    await parkedAt(runId, 'LIMIT_WALL_TIME');
    expect(project.run(runId).parked?.fix).toContain('--wall DURATION');
    await done('limits', runId, '--wall', 'none');
    await done('unpause', runId);
    expect([(await second.end).code, project.state(runId).result, count(runId, 'agent_start')]).toEqual([0, 'end', 3]);
    expect(project.state(runId).usage?.heldTime).toBeGreaterThan(0);
  });
});
