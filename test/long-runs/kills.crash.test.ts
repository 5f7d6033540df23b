import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { dispatchedIn, historiesOf } from '../support/executions.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const script = `for (let i = 0; i < 40; i++) await agent('n' + i, { mockDelayMs: 20, mockTokens: 1 });
await new Promise((resolve) => setTimeout(resolve, 500));
const wide = await parallel(Array.from({ length: 20 }, (_, i) => () => agent('w' + i, { mockDelayMs: 100 })));
return { spent: budget.spent(), wide: wide.length };`;

const eventsOf = (dir: string) => readFileSync(join(dir, 'events.jsonl'), 'utf8').split('\n').length - 2;

it('ART-02 PROC-04 kill -9 of host after host, some of them in the moment of the switch, loses nothing and doubles nothing', async () => {
  project = new Project({ 'a.js': script });
  const env = { ODW_CONTINUE_AFTER_EVENTS: '40' };
  let args = ['exec', '--script', 'a.js', '--json'];
  let runId = '';
  // With these limits the first switches come after about 11, 20 and 29 nodes, of two events each.
  for (const after of [21, 24, 27, 40, 60, 85]) {
    const host = startOdw(args, { cwd: project.dir, env });
    const dir = () => {
      runId ||= (JSON.parse(readFileSync(join(project.dir, '.odw', 'runs', 'latest.json'), 'utf8')) as { run_id: string }).run_id;
      return project.runDir(runId);
    };
    const reached = () => {
      try {
        return eventsOf(dir()) >= after;
      } catch {
        return false;
      }
    };
    await expect.poll(() => reached() || host.child.exitCode !== null, { timeout: 60_000, interval: 2 }).toBe(true);
    host.child.kill('SIGKILL');
    await host.end;
    args = ['exec', '--resume', runId, '--json'];
  }
  const end = await project.odw(args);
  expect([end.code, JSON.parse(end.stdout)]).toEqual([0, { spent: 40, wide: 20 }]);
  const histories = await historiesOf(runId);
  expect(histories.length).toBeGreaterThanOrEqual(4);
  const dispatched = dispatchedIn(histories);
  expect([dispatched.length, new Set(dispatched).size]).toEqual([60, 60]);

  const journal = readFileSync(join(project.runDir(runId), 'events.jsonl'), 'utf8');
  const done = project.events(runId).filter(({ type }) => type === 'agent_done');
  expect(new Set(done.map(({ key }) => key)).size).toBe(60);
  expect(done).toHaveLength(60);
  expect((await project.odw(['runs', 'rebuild', runId])).code).toBe(0);
  expect(readFileSync(join(project.runDir(runId), 'events.jsonl'), 'utf8')).toBe(journal);
});
