import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { withClient } from '../support/executions.ts';
import type { OdwProcess } from '../support/odw.ts';
import { HeldProject, runIdOf } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: HeldProject;
let run: OdwProcess | undefined;
afterEach(async () => {
  run?.child.kill('SIGCONT');
  if (run?.child.exitCode === null) run.child.kill('SIGKILL');
  await run?.end;
  project.go();
  project.remove();
});

it('CTRL-02 CTRL-08 a command that is on its way when the run ends says that it has ended, not that something broke', async () => {
  project = new HeldProject(`return await agent('one')`);
  run = project.exec();
  const runId = await runIdOf(run);
  await project.untilStarts(1);
  // A host that is busy: the command waits for it.
  run.child.kill('SIGSTOP');
  const asked = project.command('pause', runId);
  // Whether the command is sent by now or not, the answer is the same.
  await sleep(3000);
  await withClient((client) => client.workflow.getHandle(runId).terminate('for a test'));
  const { code, told } = await asked;
  expect([code, told]).toEqual([
    1,
    {
      ok: false,
      code: 'RUN_CLOSED',
      message: `run ${runId} has ended (terminated)`,
      next: expect.stringContaining(`--resume ${runId}`) as string,
    },
  ]);
});
