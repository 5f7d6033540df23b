import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OdwProcess } from '../support/odw.ts';
import { mostAtOnce, RefusingProject, runIdOf, until } from './support.ts';

vi.setConfig({ testTimeout: 150_000 });

let projects: RefusingProject[] = [];
let runs: OdwProcess[] = [];
afterEach(async () => {
  for (const run of runs) {
    if (run.child.exitCode === null) run.child.kill('SIGKILL');
    await run.end;
  }
  for (const project of projects) project.remove();
  projects = [];
  runs = [];
});

function make(...args: ConstructorParameters<typeof RefusingProject>): RefusingProject {
  const project = new RefusingProject(...args);
  projects.push(project);
  return project;
}

function start(project: RefusingProject, ...flags: string[]): OdwProcess {
  const run = project.exec(...flags);
  runs.push(run);
  return run;
}

const nodes = (count: number, options = '{}') =>
  `return (await parallel(Array.from({ length: ${count} }, (_, i) => () => agent('node ' + i, { label: 'n' + i, ...${options} })))).filter((text) => typeof text === 'string').length`;

describe('refused credentials', () => {
  it('QUOTA-03 QUOTA-06 CTRL-02 park the run at once with the fix; unpause tries one node, then all, each in its own session', async () => {
    const project = make(nodes(6), { category: 'auth', untilMs: 0, error: { message: 'please log in' }, writes: 'work.txt' });
    const run = start(project, '--concurrency', '3');
    const runId = await runIdOf(run);
    await run.until(/running -> parked reason=auth/, 90_000);
    expect(run.text()).toMatch(/\[run\] parked provider:claude reason=auth: claude refuses the credentials: please log in/);
    await until(() => project.run(runId).state === 'parked', 'run.json says parked');
    expect(project.run(runId)).toMatchObject({
      status: 'paused',
      parked: { reason: 'auth', provider: 'claude', fix: expect.stringMatching(/Log in to claude.*odw unpause/) as string },
    });
    expect(project.run(runId).parked).not.toHaveProperty('until');
    expect((await project.odw(['runs', 'show', runId])).stdout).toMatch(/Parked: auth[^]*Log in to claude[^]*odw unpause/);
    await until(() => Object.values(project.state(runId).activeAgents).some(({ state }) => state === 'waiting'), 'state.json tells of waiting nodes');
    for (const node of Object.values(project.state(runId).activeAgents))
      expect(node).toMatchObject({ state: 'waiting', waitReason: 'auth: claude', attempt: 1 });
    expect(project.calls()).toHaveLength(3);

    // Nobody has logged in: one node finds out.
    expect((await project.odw(['unpause', runId])).code).toBe(0);
    await until(() => project.calls().length === 4 && project.calls()[3]?.endMs !== undefined, 'the trial ended');
    await until(() => project.count(runId, 'agent_wait') >= 4, 'the trial is told of');
    // A trial that takes long counts as one that is not refused; then the others follow.
    const [, , , trial, ...later] = project.calls();
    for (const { startMs } of later) expect(startMs - trial!.startMs).toBeGreaterThan(10_000);

    project.rule({});
    await until(() => project.run(runId).state === 'parked', 'it is parked again');
    expect((await project.odw(['unpause', runId])).code).toBe(0);
    const end = await run.end;
    expect([end.code, project.state(runId).result]).toEqual([0, 6]);
    expect([project.count(runId, 'agent_start'), project.count(runId, 'agent_retry')]).toEqual([6, 0]);
    expect(project.state(runId)).not.toHaveProperty('parked');
    // Who was refused goes on in the session that it began.
    const again = project.calls().filter(({ action }) => action === 'resume');
    expect(again.filter(({ refused }) => !refused).length).toBeGreaterThanOrEqual(3);
    const begun = project.calls().filter(({ action, refused }) => action === 'exec' && refused);
    for (const { session } of again) expect(begun.map((call) => call.session)).toContain(session);
  });
});

describe('a quota', () => {
  it('QUOTA-05 --max-park ends the run as failed, and a resume takes what is done', async () => {
    const project = make(nodes(4), { after: 2, category: 'quota', untilMs: 0, error: { reset_at: new Date(Date.now() + 3_600_000).toISOString() } });
    const first = await start(project, '--concurrency', '1', '--max-park', '1s', '--json-envelope').end;
    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({
      status: 'failed',
      error: { category: 'QUOTA_EXHAUSTED', message: expect.stringContaining('--max-park') as string },
    });
    expect(project.calls()).toHaveLength(3);
    project.rule({});
    const second = await start(project, '--resume', 'latest').end;
    expect([second.code, project.state(second.runId!).result]).toEqual([0, 4]);
    expect(project.count(second.runId!, 'agent_skip')).toBe(2);
    expect(project.run(second.runId!)).toMatchObject({ max_park: 1 });
  });

  it('QUOTA-06 WT-10 an isolated node goes on in the tree in which it was refused', async () => {
    const project = make(`return await agent('node', { isolation: 'worktree' })`, {
      category: 'quota',
      forMs: 3000,
      writes: 'work.txt',
    });
    project.git();
    const end = await start(project).end;
    expect(end.code).toBe(0);
    const result = project.state(end.runId!).result as { text: string; worktree: { diff: string } };
    expect(result.text).toBe('done resume');
    expect(result.worktree.diff).toContain('+exec\n+resume\n');
    expect(project.count(end.runId!, 'worktree_start')).toBe(1);
    expect(project.count(end.runId!, 'worktree_done')).toBe(1);
  });

  it('WT-11 CTRL-03 a run that is stopped while it is parked leaves no worktree; the unfinished work is a patch', async () => {
    const project = make(`return await agent('node', { isolation: 'worktree' })`, { category: 'quota', untilMs: 0, writes: 'work.txt' });
    project.git();
    const run = start(project);
    const runId = await runIdOf(run);
    await run.until(/running -> parked reason=quota/, 90_000);
    const trees = () => execFileSync('git', ['worktree', 'list', '--porcelain'], { cwd: project.dir, encoding: 'utf8' }).match(/^worktree /gm)?.length;
    expect(trees()).toBe(2);
    expect((await project.odw(['stop', runId])).code).toBe(0);
    await run.end;
    expect(project.run(runId)).toMatchObject({ status: 'cancelled', state: 'stopped' });
    expect(trees()).toBe(1);
    const [patch] = readdirSync(join(project.runDir(runId), 'diffs'));
    expect(readFileSync(join(project.runDir(runId), 'diffs', patch!), 'utf8')).toContain('+exec');
  });

  it('QUOTA-04 MOCK-01 the mock backend plays one for nothing', async () => {
    const project = make(`return [(await agent('a', { mockRefusal: { category: 'quota', resetMs: 1500 } })).ok, (await agent('b')).ok]`, {});
    const end = await project.odw(['exec', '--script', 'a.js']);
    expect([end.code, project.state(end.runId!).result]).toEqual([0, [true, true]]);
    const park = project.events(end.runId!).find((event) => event['type'] === 'park');
    expect(park).toMatchObject({ reason: 'quota', provider: 'claude', source: 'reported', until: expect.stringMatching(/^\d{4}-/) as string });
    expect(end.stdout).toMatch(/\[node\] wait .* reason=quota: claude[^]*\[node\] continue/);
  });
});

describe('rates', () => {
  it('RATE-02 of a burst of 20 against a provider that asks for a pause after 5 none is lost and none uses an attempt', async () => {
    const project = make(nodes(20, `{ runtime: 'bamboo', provider: 'burst' }`), { after: 5, category: 'rate_limit', forMs: 2000 });
    const end = await start(project, '--concurrency', '20').end;
    expect([end.code, project.state(end.runId!).result]).toEqual([0, 20]);
    expect(project.count(end.runId!, 'agent_retry')).toBe(0);
    expect(project.calls().filter(({ refused }) => refused).length).toBeGreaterThan(0);
    expect(project.calls().filter(({ refused }) => !refused)).toHaveLength(20);
  });

  it('RATE-01 RATE-03 two runs share a cap of 4', async () => {
    const caps = join(process.env['ODW_HOME']!, 'providers.json');
    const before = existsSync(caps) ? readFileSync(caps, 'utf8') : undefined;
    writeFileSync(caps, JSON.stringify({ shared: { concurrency: 4 } }));
    try {
      const script = nodes(10, `{ runtime: 'bamboo', provider: 'shared' }`);
      const [one, two] = [make(script, { workMs: 400 }), make(script, { workMs: 400 })];
      const ends = await Promise.all([start(one, '--concurrency', '8').end, start(two, '--concurrency', '8').end]);
      expect(ends.map(({ code }) => code)).toEqual([0, 0]);
      const calls = [...one.calls(), ...two.calls()];
      expect(calls).toHaveLength(20);
      expect(mostAtOnce(calls)).toBeLessThanOrEqual(4);
    } finally {
      if (before === undefined) rmSync(caps);
      else writeFileSync(caps, before);
    }
  });
});
