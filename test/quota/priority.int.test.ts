import { afterEach, expect, it, vi } from 'vitest';
import type { OdwProcess } from '../support/odw.ts';
import { RefusingProject, runIdOf, until } from './support.ts';

vi.setConfig({ testTimeout: 150_000 });

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

it('RATE-03 RES-02 QUOTA-04 a parked run that is taken up says that it is parked; --priority is in run.json and status, and a resume changes it in the run that is open', async () => {
  project = new RefusingProject(`return await agent('node')`, { category: 'quota', untilMs: 0 });
  const first = project.exec('--priority', '4');
  runs.push(first);
  const runId = await runIdOf(first);
  await first.until(/running -> parked/, 90_000);
  expect(project.run(runId)).toMatchObject({ priority: 4, command: expect.arrayContaining(['--priority', '4']) as string[] });
  expect((await project.odw(['status', runId])).stdout).toContain('priority 4');
  first.child.kill('SIGKILL');
  await first.end;

  const second = project.exec('--resume', runId, '--priority', '1');
  runs.push(second);
  await until(() => project.run(runId)['priority'] === 1 && project.run(runId).state === 'parked', 'the open run has the new priority');
  expect(JSON.parse((await project.odw(['status', runId, '--json'])).stdout)).toMatchObject({ run: runId, priority: 1 });
  project.rule({});
  expect((await project.odw(['unpause', runId])).code).toBe(0);
  const end = await second.end;
  expect([end.code, end.runId]).toEqual([0, runId]);
  expect(project.run(runId)).toMatchObject({ priority: 1, status: 'completed' });
});

it('CLI-05 --priority takes 1 to 5', async () => {
  project = new RefusingProject('return 1', {});
  for (const value of ['0', '6', 'high']) {
    const { code, stderr } = await project.odw(['exec', '--script', 'a.js', '--priority', value]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--priority expects a whole number from 1 to 5')]);
  }
});
