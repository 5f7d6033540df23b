import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withClient } from '../support/executions.ts';
import type { OdwProcess } from '../support/odw.ts';
import { cleanUp, HeldProject, runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000 });

let project: HeldProject;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

const script = `await agent('quick', { label: 'quick', mockDelayMs: 0 });
  return await parallel(['a', 'b'].map((label) => () => agent('slow ' + label, { label, mockDelayMs: 600000 })));`;

/** A run on mock nodes: one has ended, two are under way. */
async function twoUnderWay(): Promise<string> {
  project = new HeldProject(script);
  run = project.mock('--script', 'a.js');
  const runId = await runIdOf(run);
  await until(() => existsSync(join(project.runDir(runId), 'events.jsonl')) && project.count(runId, 'agent_start') === 3, 'two nodes are under way');
  return runId;
}

const terminate = (runId: string) => withClient((client) => client.workflow.getHandle(runId).terminate('enough'));
// What its host saw of a run that came to no end of its own may be a part, so only a rebuild signs the state as the whole of it.
const unsigned = (text: string) => text.replace(/ *"state_sha256": "[0-9a-f]{64}",\n/, '');
const files = (runId: string) => ['events.jsonl', 'state.json', 'run.json'].map((name) => unsigned(readFileSync(join(project.runDir(runId), name), 'utf8')));

/** Every view tells the same of a run that was ended with one node done and two under way. */
async function expectTold(runId: string): Promise<void> {
  const census = { ok: 1, stopped: 2, failed: 0, cached: 0 };
  expect(project.run(runId)).toMatchObject({ status: 'cancelled', state: 'stopped', parked: null, census, error: { category: 'cancelled' } });
  expect(project.state(runId)).toMatchObject({ activeAgents: {}, failedAgents: {}, state: 'stopped' });
  expect(Object.values(project.state(runId).unfinishedAgents ?? {}).map(({ label }) => label)).toEqual(['a', 'b']);
  expect(project.walk(runId).at(-1)).toMatch(/>stopped /);
  const { told } = await project.command('status', runId);
  expect(told).toMatchObject({ status: 'cancelled', state: 'stopped', census, next: expect.stringContaining(`--resume ${runId}`) as string });
  expect((told['nodes'] as { state: string }[]).map(({ state }) => state)).toEqual(['done', 'unfinished', 'unfinished']);
  expect((await project.odw(['status', runId])).stdout).toContain('agents 1/3  run 0  fail 0  unfinished 2');
  const shown = JSON.parse((await project.odw(['runs', 'show', runId, '--json'])).stdout) as Record<string, unknown>;
  expect(shown['counts']).toMatchObject({ active: 0, completed: 1, failed_attempts: 0, unfinished: 2 });
  expect((await project.odw(['runs', 'show', runId])).stdout).toContain('Nodes: active=0 completed=1 failed_attempts=0 checkpoints=0 unfinished=2');
  const report = readFileSync(join(project.runDir(runId), 'report.html'), 'utf8');
  expect(report).toMatch(/"census":\{"ok":1,[^}]*"stopped":2/);
  const before = files(runId);
  const rebuilt = await project.odw(['runs', 'rebuild', runId]);
  expect(rebuilt.code, rebuilt.stderr).toBe(0);
  expect(files(runId)).toEqual(before);
}

describe('a run that was ended from outside', () => {
  it('RUN-01 RUN-03 terminated under its host: no node is active any more, those cut short are counted, every view says so', async () => {
    const runId = await twoUnderWay();
    await terminate(runId);
    const end = await (run as OdwProcess).end;
    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining('the run was terminated from outside: enough')]);
    expect(project.walk(runId)).toEqual(['running>stopped terminated']);
    expect(project.run(runId)).not.toHaveProperty('state_sha256');
    await expectTold(runId);
  });

  it('RUN-01 RUN-03 terminated while nobody hosted it: the next look at it tells the end', async () => {
    const runId = await twoUnderWay();
    (run as OdwProcess).child.kill('SIGKILL');
    await (run as OdwProcess).end;
    expect((await project.command('status', runId)).told).toMatchObject({ state: 'interrupted', status: 'interrupted' });
    await terminate(runId);
    run = project.mock('--resume', runId);
    const end = await run.end;
    expect([end.code, end.stdout + end.stderr]).toEqual([1, expect.stringContaining('ended when nobody hosted it')]);
    await expectTold(runId);
  });

  it('RUN-01 RUN-03 stopped: the same', async () => {
    const runId = await twoUnderWay();
    expect((await project.command('stop', runId)).told).toMatchObject({ ok: true, state: 'stopped' });
    expect((await (run as OdwProcess).end).code).toBe(1);
    expect(project.walk(runId)).toEqual(['running>stopping cancelled', 'stopping>stopped cancelled']);
    await expectTold(runId);
  });

  it('RUN-01 a script that does not wait for a node completes without failures; the node is unfinished', async () => {
    project = new HeldProject(`void agent('slow', { label: 'slow', mockDelayMs: 600000 }).catch(() => {}); return await agent('quick', { label: 'quick' });`);
    run = project.mock('--script', 'a.js');
    const end = await run.end;
    const runId = await runIdOf(run);
    expect([end.code, project.run(runId).state, project.run(runId)['census']]).toMatchObject([0, 'completed', { ok: 1, stopped: 1 }]);
    expect(Object.values(project.state(runId).unfinishedAgents ?? {}).map(({ label }) => label)).toEqual(['slow']);
  });
});
