import { afterEach, expect, it, vi } from 'vitest';
import type { OdwProcess } from '../support/odw.ts';
import { RefusingProject, runIdOf, until } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: RefusingProject;
let runs: OdwProcess[] = [];
afterEach(async () => {
  for (const run of runs) {
    if (run.child.exitCode === null) run.child.kill('SIGKILL');
    await run.end;
  }
  runs = [];
  project.remove();
});

function start(...flags: string[]): OdwProcess {
  const run = project.exec(...flags);
  runs.push(run);
  return run;
}

const script = (fails = '') =>
  `export const meta = { name: 'f', failover: { claude: ['codex'] } };
   const texts = await parallel(Array.from({ length: 12 }, (_, i) => () => agent('node ' + i, { label: 'n' + i })));
   ${fails}
   return texts.filter((text) => typeof text === 'string').length;`;

it('QUOTA-07 PAIN-03 a host that dies after nodes moved: the next one goes on with them, and a resume of the ended run pays for nothing again', async () => {
  project = new RefusingProject(script(), { after: 3, category: 'quota', runtime: 'claude', untilMs: 0, workMs: 600 });
  const first = start('--concurrency', '3');
  const runId = await runIdOf(first);
  await first.until(/failover .* claude -> codex/, 90_000);
  await until(() => project.calls().filter(({ runtime, endMs }) => runtime === 'codex' && endMs !== undefined).length >= 2, 'two nodes were served by codex');
  first.child.kill('SIGKILL');
  await first.end;

  const second = await start('--resume', 'latest').end;
  expect([second.code, second.runId, project.state(runId).result]).toEqual([0, runId, 12]);
  const served = () => project.calls().filter(({ refused }) => !refused);
  // An executor outlives its host, so that even those in flight were not sent twice.
  expect(
    served()
      .map(({ prompt }) => /node \d+$/.exec(prompt)![0])
      .sort(),
  ).toEqual(Array.from({ length: 12 }, (_, i) => `node ${i}`).sort());
  expect(project.calls().filter(({ refused }) => refused).length).toBeLessThanOrEqual(3);
  expect(project.count(runId, 'agent_retry')).toBe(0);
  const moved = project.events(runId).filter((event) => event['type'] === 'agent_failover');
  expect(moved).toHaveLength(served().filter(({ runtime }) => runtime === 'codex').length);
  const { agents } = project.state(runId);
  expect(Object.values(agents).filter(({ failover }) => failover?.to === 'codex')).toHaveLength(moved.length);
  for (const { key } of moved) expect(agents).toHaveProperty([String(key)]);

  // Claude serves again; the script is edited behind the nodes.
  project.rule({ workMs: 50 });
  project.write('a.js', script(`log('edited');`));
  const before = project.calls().length;
  const third = await start('--resume', runId).end;
  expect([third.code, project.state(third.runId!).result]).toEqual([0, 12]);
  expect(third.runId).not.toBe(runId);
  expect([project.calls().length, project.count(third.runId!, 'agent_skip')]).toEqual([before, 12]);
  // The explanation says the same, for nothing.
  const explained = await project.odw(['exec', '--resume', third.runId!, '--explain', '--json']);
  expect(JSON.parse(explained.stdout)).toMatchObject({ totals: { reuse: 12, rerun: 0 } });
});

it('QUOTA-07 WT-10 an isolated node that moves goes on in its tree, and is told that another began', async () => {
  project = new RefusingProject(
    `export const meta = { name: 'f', failover: { claude: ['codex'] } };
     return await agent('the task', { isolation: 'worktree' })`,
    { category: 'quota', runtime: 'claude', untilMs: 0, writes: 'work.txt' },
  );
  project.git();
  const end = await start().end;
  expect(end.code).toBe(0);
  const result = project.state(end.runId!).result as { text: string; worktree: { diff: string } };
  expect(result.worktree.diff).toContain('+exec\n+exec\n');
  const [claude, codex, ...more] = project.calls();
  expect([claude?.runtime, claude?.prompt, codex?.runtime, more]).toEqual(['claude', 'the task', 'codex', []]);
  expect(codex?.prompt).toMatch(/^Another agent began this task[^]*\n\nthe task$/);
  expect([project.count(end.runId!, 'worktree_start'), project.count(end.runId!, 'worktree_done')]).toEqual([1, 1]);
});

it('QUOTA-02 QUOTA-03 a limit at node 100 of 300 reaches at most those in flight, and no vote is lost', async () => {
  project = new RefusingProject(
    `const votes = await parallel(Array.from({ length: 300 }, (_, i) => () => agent('vote ' + i)));
     return { asked: votes.length, counted: votes.filter((vote) => vote === 'done exec' || vote === 'done resume').length };`,
    { after: 100, category: 'quota', forMs: 8000, workMs: 10 },
  );
  const end = await start('--concurrency', '8').end;
  expect([end.code, project.state(end.runId!).result]).toEqual([0, { asked: 300, counted: 300 }]);
  const refused = project.calls().filter((call) => call.refused);
  expect(refused.length).toBeGreaterThanOrEqual(1);
  expect(refused.length).toBeLessThanOrEqual(8);
  expect(project.count(end.runId!, 'agent_retry')).toBe(0);
  expect(project.state(end.runId!).failedAgents).toEqual({});
});
