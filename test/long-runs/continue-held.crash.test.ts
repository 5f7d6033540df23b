import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runIdOf, until } from '../control/support.ts';
import { dispatchedIn, historiesOf } from '../support/executions.ts';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';

vi.setConfig({ testTimeout: 300_000 });

let project: Project;
let run: OdwProcess | undefined;
afterEach(async () => {
  if (run?.child.exitCode === null) run.child.kill('SIGKILL');
  await run?.end;
  project.remove();
});

const env = { ODW_CONTINUE_AFTER_EVENTS: '30' };
const exec = (...flags: string[]) => (run = startOdw(['exec', '--script', 'a.js', '--no-report', ...flags], { cwd: project.dir, env }));
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;
const stateOf = (runId: string) => project.run(runId).state;
const walk = (runId: string) =>
  project.events(runId).flatMap(({ type, from, to, reason }) => (type === 'run_state' ? [`${String(from)}>${String(to)} ${String(reason)}`] : []));

/** Each node was handed out once, over all executions, and the files are those of the last history. */
async function expectOnce(runId: string, nodes: number): Promise<void> {
  const histories = await historiesOf(runId);
  expect(histories.length).toBeGreaterThanOrEqual(2);
  const dispatched = dispatchedIn(histories);
  expect([dispatched.length, new Set(dispatched).size]).toEqual([nodes, nodes]);
  const files = () => ['events.jsonl', 'state.json'].map((name) => readFileSync(join(project.runDir(runId), name), 'utf8'));
  const before = files();
  expect((await project.odw(['runs', 'rebuild', runId])).code).toBe(0);
  expect(files()).toEqual(before);
}

describe('a run that goes on in a new execution', () => {
  it('CTRL-01 CTRL-02 LIMIT-02 while it is paused or parked at a limit: it stays so, over a host that was killed, and goes on when it may', async () => {
    const script = `for (let i = 0; i < 40; i++) await agent('n' + i, { mockTokens: 10, mockDelayMs: 30 });\nreturn budget.spent();`;
    project = new Project({ 'a.js': script });
    exec('--max-tokens', '200');
    const runId = await runIdOf(run!);
    await until(() => stateOf(runId) === 'parked', 'the run parks at its limit');
    // Nothing is under way: it leaves for a new execution here, if it has not before.
    await expect.poll(async () => (await historiesOf(runId)).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
    expect(count(runId, 'agent_done')).toBe(20);
    run!.child.kill('SIGKILL');
    await run!.end;

    run = startOdw(['resume', runId, '--no-report'], { cwd: project.dir, env });
    await run.until(/run_id=/);
    // Its worker may not be there yet.
    await expect.poll(async () => (await project.odw(['pause', runId])).code, { timeout: 120_000 }).toBe(0);
    const raised = await project.odw(['limits', runId, '--tokens', '300', '--json']);
    expect(raised.code, raised.stderr).toBe(0);
    expect((await project.odw(['unpause', runId])).code).toBe(0);
    await until(() => count(runId, 'agent_done') === 30 && stateOf(runId) === 'parked', 'the run parks at its new limit');
    expect((await project.odw(['limits', runId, '--tokens', 'none'])).code).toBe(0);
    expect((await project.odw(['unpause', runId])).code).toBe(0);
    const end = await run.end;
    expect([end.code, project.state(runId).result]).toEqual([0, 400]);
    expect(walk(runId).filter((step) => step.includes('parked limit'))).toHaveLength(2);
    expect(project.state(runId).usage).toMatchObject({ agents: 40, tokens: 400 });
    await expectOnce(runId, 40);
  });

  it('QUOTA-03 while a provider is parked: its timer goes on with the time that is left', async () => {
    const script = `for (let i = 0; i < 20; i++) await agent('n' + i, { mockTokens: 1 });
const refused = await agent('refused', { label: 'refused', mockTokens: 1, mockRefusal: { category: 'quota', resetMs: 6000 } });
for (let i = 0; i < 20; i++) await agent('m' + i, { mockTokens: 1 });
return refused.ok;`;
    project = new Project({ 'a.js': script });
    const startMs = Date.now();
    exec();
    const runId = await runIdOf(run!);
    await until(() => count(runId, 'park') === 1, 'the provider is parked');
    const executions = async () => (await historiesOf(runId)).length;
    const before = await executions();
    run!.child.kill('SIGKILL');
    await run!.end;
    const end = await project.odw(['resume', runId, '--no-report'], env);
    expect([end.code, project.state(runId).result], end.stderr).toEqual([0, true]);
    expect([count(runId, 'park'), count(runId, 'unpark'), count(runId, 'agent_wait'), count(runId, 'agent_continue')]).toEqual([1, 1, 1, 1]);
    const [parked, freed] = ['park', 'unpark'].map((type) => Date.parse(String(project.events(runId).find((event) => event['type'] === type)?.['ts'])));
    expect((freed as number) - (parked as number)).toBeGreaterThanOrEqual(5000);
    expect(parked).toBeGreaterThan(startMs);
    expect(await executions()).toBeGreaterThan(before);
    // The refused dispatch, and the one after it.
    await expectOnce(runId, 42);
  });

  it('AGENT-12 WT-01 with isolated nodes: each has its own tree and ref, its work, and leaves nothing behind', async () => {
    const script = `const one = (i) => agent('w' + i, { isolation: 'worktree', mockWriteFile: 'made' + i + '.txt' });
const found = [];
for (let i = 0; i < 8; i++) found.push(await one(i));
found.push(...await parallel(Array.from({ length: 8 }, (_, i) => () => one(8 + i))));
for (let i = 16; i < 20; i++) found.push(await one(i));
return found.map(({ worktree }) => [worktree.files.map((file) => file.path ?? file), worktree.ref ?? null]);`;
    project = new Project({ 'a.js': script }).git();
    exec();
    const end = await run!.end;
    const runId = end.runId as string;
    expect(end.code, end.stderr).toBe(0);
    const result = project.state(runId).result as [string[], string | null][];
    expect(result.map(([files]) => files)).toEqual(Array.from({ length: 20 }, (_, i) => [`made${i}.txt`]));
    const dirs = project.events(runId).flatMap(({ type, dir }) => (type === 'worktree_start' ? [dir] : []));
    expect([dirs.length, new Set(dirs).size]).toEqual([20, 20]);
    expect(count(runId, 'worktree_done')).toBe(20);
    await expectOnce(runId, 20);
  });
});
