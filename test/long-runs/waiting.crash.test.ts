import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { dispatchedIn, historiesOf, withClient } from '../support/executions.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

/** Seconds of processor time that a process has used, its threads included. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

const lengthOf = async (runId: string) => (await withClient((client) => client.workflow.getHandle(runId).describe())).historyLength;

describe('a run that waits for days', () => {
  it.runIf(process.platform === 'linux')(
    'writes no history and takes no processor time while it waits for a retry',
    async () => {
      const failing = `#!/bin/sh\necho '{"ok":false,"state":"failed","error":{"category":"odd","message":"try again","retryable":true}}'\nexit 1\n`;
      project = new Project({ 'a.js': `await agent('a', { retry: { maxAttempts: 2, backoff: ${3 * 24 * 3600 * 1000} } })`, 'executor.sh': failing });
      chmodSync(join(project.dir, 'executor.sh'), 0o755);
      const run = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor.sh'], { cwd: project.dir });
      await run.until(/\[node\] retry/, 60_000);
      const runId = /run_id=(\S+)/.exec(run.text())?.[1] as string;
      const pid = run.child.pid as number;
      // What the start left to do (files, caches) is over when two looks in a row agree.
      let before = -1;
      for (let length = await lengthOf(runId); length !== before; length = await lengthOf(runId)) {
        before = length;
        await sleep(2000);
      }
      const cpu = cpuSeconds(pid);
      await sleep(6000);
      const used = cpuSeconds(pid) - cpu;
      expect(await lengthOf(runId)).toBe(before);
      expect(used).toBeLessThan(0.3);
      run.child.kill('SIGKILL');
      await run.end;
      await withClient((client) => client.workflow.getHandle(runId).terminate('the test is over'));
    },
    120_000,
  );

  it('RES-13 stays open without a host, also when its timer ends then, and goes on with the resume', async () => {
    project = new Project({
      'a.js': `const a = await agent('before'); await new Promise((resolve) => setTimeout(resolve, 2500)); const b = await agent('after'); return [a.ok, b.ok];`,
    });
    const run = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir });
    await run.until(/\[node\] done/);
    const runId = /run_id=(\S+)/.exec(run.text())?.[1] as string;
    const has = async (name: 'timerStartedEventAttributes' | 'timerFiredEventAttributes') =>
      (await historiesOf(runId)).some(({ events }) => events?.some((event) => event[name]));
    // The line is there before the server has the timer.
    await expect.poll(() => has('timerStartedEventAttributes'), { timeout: 60_000, interval: 50 }).toBe(true);
    run.child.kill('SIGKILL');
    await run.end;
    const fired = () => has('timerFiredEventAttributes');
    await expect.poll(fired, { timeout: 60_000, interval: 200 }).toBe(true);
    expect((await withClient((client) => client.workflow.getHandle(runId).describe())).status.name).toBe('RUNNING');
    const end = await project.odw(['exec', '--resume', runId, '--json']);
    expect([end.code, end.stdout]).toEqual([0, '[true,true]\n']);
    expect(dispatchedIn(await historiesOf(runId))).toHaveLength(2);
  }, 120_000);
});
