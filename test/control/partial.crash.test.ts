import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { RefusingProject, runIdOf, until } from '../quota/support.ts';

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

const start = (...args: string[]) => (run = startOdw(['exec', ...args], { cwd: project.dir }));
const json = async (...args: string[]) => JSON.parse((await project.odw([...args, '--json'])).stdout) as Record<string, unknown>;
const text = async (...args: string[]) => (await project.odw(args)).stdout;
// A run that was just taken up has said so before its host hears commands.
async function oncePossible(...args: string[]): Promise<string> {
  for (const deadline = Date.now() + 90_000; ;) {
    const end = await project.odw(args);
    if (end.code === 0 || Date.now() > deadline) return end.stdout;
  }
}
const parkedFor = (runId: string, scope: string) => until(() => project.run(runId).parked?.scope === scope, `run.json says that ${scope} is parked`);

describe('a run of which several parts are parked', () => {
  it('LIMIT-01 LIMIT-02 CTRL-02 CTRL-07 one phase goes on when its limit was raised, the other stays until its own is', async () => {
    const script = `export const meta = { name: 'l', limits: { phases: { A: { tokens: 100 }, B: { tokens: 100 } } }, phases: [{ title: 'A' }, { title: 'B' }] };
      const two = async (phase) => [await agent(phase + 1, { phase, mockTokens: 100 }), await agent(phase + 2, { phase, mockTokens: 100 })].length;
      return await Promise.all([two('A'), two('B')])`;
    project = new Project({ 'a.js': script });
    const first = start('--script', 'a.js');
    const runId = await runIdOf(first);
    await until(() => Object.keys(project.state(runId).parked ?? {}).length === 2 && project.run(runId).state === 'parked', 'both phases are parked');
    expect(await json('unpause', runId)).toMatchObject({ ok: false, code: 'LIMIT_TOKENS' });
    const raised = await text('limits', runId, '--phase', 'A', '--tokens', '1000');
    expect(raised).toContain('phase:B stays parked: LIMIT_TOKENS: 100 of 100 tokens used in phase B\n  go on with: odw limits');
    expect(raised).toContain('The rest of it: go on with odw unpause');
    expect(raised).not.toContain('phase:A stays parked');
    expect(await json('unpause', runId)).toMatchObject({ ok: true, changed: true, reached: [{ scope: 'phase:B', code: 'LIMIT_TOKENS' }] });
    await until(() => project.events(runId).filter(({ type }) => type === 'agent_done').length === 3, 'phase A has ended');
    await parkedFor(runId, 'phase:B');
    expect(await json('unpause', runId)).toMatchObject({ ok: false, code: 'LIMIT_TOKENS', message: expect.stringContaining('in phase B') as string });
    expect(await text('limits', runId, '--phase', 'B', '--tokens', 'none')).toMatch(/\nIt is parked: go on with odw unpause --path \S+ \S+\n$/);
    expect(await json('unpause', runId)).toMatchObject({ ok: true, state: 'running' });
    expect([(await first.end).code, project.state(runId).result]).toEqual([0, [2, 2]]);
  });

  it('LIMIT-01 QUOTA-07 CTRL-07 a node that failed over is named by the key that it has now, by that of before, and by its label', async () => {
    const schema = `{ type: 'object', required: ['n'] }`;
    const script = `export const meta = { name: 'f', failover: { claude: ['codex'] } };
      return (await agent('work', { label: 'mover', schema: ${schema}, maxAttempts: 3, limits: { tokens: 15 } })).ok`;
    const refusing = new RefusingProject(script, { category: 'quota', runtime: 'claude', untilMs: 0 });
    project = refusing;
    const first = (run = refusing.exec());
    const runId = await runIdOf(first);
    await until(() => refusing.count(runId, 'park') === 2 && project.run(runId).state === 'parked', 'claude and the node are parked');
    const [moved] = project.events(runId).filter(({ type }) => type === 'agent_failover') as unknown as { key: string; before: string }[];
    const { key, before } = moved!;
    expect(key).not.toBe(before);
    const view = { scope: `node:${before}`, key, label: 'mover', limits: { tokens: 15 }, usage: { tokens: 20 } };
    for (const name of [key, before, 'mover'])
      expect(await json('limits', runId, '--node', name)).toMatchObject({ ok: true, changed: false, limits: [{ scope: 'run' }, view] });
    // What keeps the run is shown without being named.
    expect(await text('limits', runId)).toContain(`node mover key=${key}\n`);
    // The provider is lifted, the limit stays, and the views name what is left.
    expect(await json('unpause', runId)).toMatchObject({ ok: true, changed: true, reached: [{ scope: view.scope }] });
    await parkedFor(runId, view.scope);
    expect(await json('status', runId)).toMatchObject({ state: 'parked', next: expect.stringMatching(/^odw limits .* --node .* --tokens N/) as string });
    expect(await json('unpause', runId)).toMatchObject({ ok: false, code: 'LIMIT_TOKENS' });
    expect(await json('limits', runId, '--node', key, '--tokens', '1000')).toMatchObject({ ok: true, changed: true });
    expect(await json('unpause', runId)).toMatchObject({ ok: true });
    expect([(await first.end).code, project.state(runId).result]).toEqual([0, false]);
    expect(refusing.calls().map(({ runtime }) => runtime)).toEqual(['claude', 'codex', 'codex', 'codex']);
  });

  it('QUOTA-04 LIMIT-02 CTRL-02 the node that tries a provider again is one that may start, not one that the limit of its phase holds back', async () => {
    const script = `export const meta = { name: 't', limits: { phases: { A: { tokens: 15 } } }, phases: [{ title: 'A' }, { title: 'B' }] };
      const dear = agent('a1', { phase: 'A', mockTokens: 20, mockDelayMs: 2500 });
      const refused = agent('a2', { phase: 'A', mockRefusal: { category: 'auth' } });
      await new Promise((go) => setTimeout(go, 1500));
      const free = [await agent('b1', { phase: 'B' }), await agent('b2', { phase: 'B' })].map(({ ok }) => ok);
      log('B is through');
      return [free, (await dear).ok, (await refused).ok]`;
    project = new Project({ 'a.js': script });
    const first = start('--script', 'a.js', '--concurrency', '4');
    const runId = await runIdOf(first);
    await until(() => project.run(runId).state === 'parked', 'the provider is parked');
    // Who goes on first is the node that was refused, and its phase has used up its tokens by now.
    expect(await json('unpause', runId)).toMatchObject({ ok: true, changed: true });
    await first.until(/B is through/, 60_000);
    await parkedFor(runId, 'phase:A');
    expect(await json('limits', runId, '--phase', 'A', '--tokens', 'none')).toMatchObject({ ok: true });
    expect(await json('unpause', runId)).toMatchObject({ ok: true });
    expect([(await first.end).code, project.state(runId).result]).toEqual([0, [[true, true], true, true]]);
  });

  it('CTRL-07 nodes with limits that share a label are told apart by their keys, and said to', async () => {
    project = new Project({
      'a.js': `return await parallel([1, 2].map((n) => () => agent('w' + n, { label: 'same', mockDelayMs: 600_000, limits: { retries: 1 } })))`,
    });
    const first = start('--script', 'a.js', '--concurrency', '2');
    const runId = await runIdOf(first);
    const begun = () => project.events(runId).filter(({ type }) => type === 'agent_start');
    await until(() => begun().length === 2, 'both nodes run');
    const keys = begun().map((event) => String(event['key']));
    const refused = await json('limits', runId, '--node', 'same', '--retries', '2');
    expect(refused).toMatchObject({ ok: false, code: 'NODE_AMBIGUOUS' });
    for (const key of keys) expect(refused['message']).toContain(key);
    expect(await json('limits', runId, '--node', keys[1]!, '--retries', '2')).toMatchObject({ ok: true, changed: true });
    expect(await json('stop', runId)).toMatchObject({ ok: true });
    expect((await first.end).code).toBe(1);
  });
});

describe('a run that is resumed while it waits', () => {
  it('CTRL-01 QUOTA-04 says at once for what: a pause, a provider', async () => {
    project = new Project({ 'a.js': `return (await agent('x', { mockRefusal: { category: 'quota', resetMs: 3_600_000 } })).ok` });
    const first = start('--script', 'a.js');
    const runId = await runIdOf(first);
    await parkedFor(runId, 'provider:claude');
    first.child.kill('SIGINT');
    expect((await first.end).code).toBe(130);
    const second = start('--resume', runId);
    await second.until(/\[odw\] the run was left parked: quota until \S+: claude is used up.*\n\[odw\] to go on: Wait for the reset.*odw unpause/);
    await until(() => project.run(runId).state === 'parked', 'it is hosted again');
    expect(await oncePossible('pause', runId)).toContain('is paused');
    await until(() => project.run(runId).state === 'paused', 'run.json says paused');
    second.child.kill('SIGINT');
    expect((await second.end).code).toBe(130);
    const third = start('--resume', runId);
    await third.until(/\[odw\] the run was left paused; it goes on with: odw unpause --path \S+ \S+\n/);
    await until(() => project.run(runId).state === 'paused', 'it is hosted again');
    expect(await oncePossible('unpause', runId)).toMatch(/goes on\none node tries claude first\n$/);
    expect([(await third.end).code, project.state(runId).result]).toEqual([0, true]);
  });
});
