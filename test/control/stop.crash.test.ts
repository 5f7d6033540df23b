import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { type Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { HeldProject, cleanUp, json, ownExecutor, pidsIn, projectWith, runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000 });

let project: Project;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

const script = `const one = await agent('one', { runtime: 'claude' });
  const rest = await parallel([2, 3, 4].map((n) => () => agent('work ' + n)));
  return [one, ...rest]`;
// The first node answers at once. The others ignore SIGTERM, and have a child that does too.
const stubborn = `#!/bin/sh
echo x >>"$ODW_TEST_DIR/started"
if [ "$(wc -l <"$ODW_TEST_DIR/started")" -le 1 ] || [ -e "$ODW_TEST_DIR/go" ]; then
  echo '{"ok":true,"state":"completed","last_agent_message":"done","usage":{"total_tokens":100}}'; exit 0
fi
trap '' TERM
(trap '' TERM; echo "$$" >>"$ODW_TEST_DIR/pids"; sleep 300 & echo $! >>"$ODW_TEST_DIR/pids"; wait) & wait; sleep 300
`;

const makeStubborn = () => projectWith(script, stubborn);

const start = (...args: string[]) => startOdw(['exec', ...args], { cwd: project.dir, env: { ODW_TEST_DIR: project.dir } });
const pids = () => pidsIn(project);

describe('odw stop', () => {
  it('CTRL-03 NEXT-04 RUN-01 ends the executors, keeps results, marks no node as failed; the resume runs no finished node again', async () => {
    project = makeStubborn();
    run = start('--script', 'a.js', ...ownExecutor);
    const runId = await runIdOf(run);
    await until(() => pids().length >= 6, 'three executors with a child each');
    expect(await json(project, 'stop', runId)).toMatchObject({
      ok: true,
      run: runId,
      state: 'stopped',
      resume: expect.stringContaining(`--resume ${runId}`) as string,
    });
    for (const pid of pids()) expect(identify(pid)).toBeUndefined();

    const end = await run.end;
    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining(`run ${runId} was stopped`)]);
    expect(end.stderr).toContain(`odw exec --path ${project.dir} --resume ${runId}`);
    expect(project.run(runId)).toMatchObject({ status: 'cancelled', state: 'stopped', census: { ok: 1, failed: 0, stopped: 3 } });
    const state = project.state(runId);
    expect([Object.keys(state.agents).length, Object.keys(state.failedAgents), state.state]).toEqual([1, [], 'stopped']);
    expect([Object.keys(state.activeAgents), Object.keys(state.unfinishedAgents ?? {}).length]).toEqual([[], 3]);
    const walk = project.events(runId).filter(({ type }) => type === 'run_state');
    expect(walk).toMatchObject([
      { from: 'running', to: 'stopping', reason: 'cancelled' },
      { from: 'stopping', to: 'stopped', reason: 'cancelled' },
    ]);
    // Five seconds between the signals; a busy machine takes longer for the rest.
    const [began, ended] = walk.map(({ ts }) => Date.parse(String(ts))) as [number, number];
    expect(ended - began).toBeLessThan(30_000);

    expect(await json(project, 'stop', runId)).toMatchObject({ ok: false, code: 'RUN_CLOSED' });
    project.write('go', '');
    const again = await start('--resume', runId).end;
    expect([again.code, project.state(again.runId as string).result]).toEqual([0, ['done', 'done', 'done', 'done']]);
    const types = project.events(again.runId as string).map(({ type }) => type);
    expect([types.filter((type) => type === 'agent_skip').length, types.filter((type) => type === 'agent_start').length]).toEqual([1, 3]);
  });

  it('CTRL-03 CTRL-08 a run that nobody hosts is stopped all the same, and what its dead host left running is ended', async () => {
    project = makeStubborn();
    run = start('--script', 'a.js', ...ownExecutor);
    const runId = await runIdOf(run);
    await until(() => pids().length >= 6, 'three executors with a child each');
    run.child.kill('SIGKILL');
    await run.end;
    expect(await json(project, 'stop', 'latest')).toMatchObject({ ok: true, run: runId, state: 'stopped' });
    for (const pid of pids()) expect(identify(pid)).toBeUndefined();
    expect(project.run(runId)).toMatchObject({ status: 'cancelled', state: 'stopped' });
    expect(Object.keys(project.state(runId).agents)).toHaveLength(1);
    expect(existsSync(join(project.runDir(runId), 'report.html'))).toBe(true);
  });

  it('CTRL-03 a paused run can be stopped', async () => {
    const held = new HeldProject(`return [await agent('one'), await agent('two')]`);
    project = held;
    run = held.exec();
    const runId = await runIdOf(run);
    await held.untilStarts(1);
    await held.command('pause', runId);
    held.go();
    await run.until(/-> paused/, 120_000);
    expect((await held.command('stop', runId)).told).toMatchObject({ ok: true, state: 'stopped' });
    expect([(await run.end).code, held.walk(runId).at(-1)]).toEqual([1, 'stopping>stopped cancelled']);
  });
});
