import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OdwProcess } from '../support/odw.ts';
import { cleanUp, HeldProject, runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000 });

let project: HeldProject;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

const eight = `export const meta = { name: 'eight' }; return (await parallel([1, 2, 3, 4, 5, 6, 7, 8].map((n) => () => agent('work ' + n, { label: 'n' + n })))).length`;

describe('odw pause and odw unpause', () => {
  it('CTRL-01 CTRL-02 NEXT-05 RUN-01 of three running and five queued nodes three end and none starts; then the same run goes on', async () => {
    project = new HeldProject(eight);
    run = project.exec('--concurrency', '3');
    const runId = await runIdOf(run);
    await project.untilStarts(3);

    const paused = await project.command('pause', runId);
    expect([paused.code, paused.told, paused.stderr]).toEqual([0, { ok: true, run: runId, state: 'pausing', changed: true }, '']);
    expect((await project.command('pause', 'latest')).told).toMatchObject({ ok: true, changed: false, state: 'pausing' });
    project.go();
    await run.until(/pausing -> paused/, 120_000);
    expect(project.count(runId, 'agent_done')).toBe(3);
    expect(project.starts()).toHaveLength(3);
    await until(() => project.run(runId).state === 'paused' && project.state(runId).state === 'paused', 'files say paused');
    expect(project.run(runId).status).toBe('paused');
    const listed = JSON.parse((await project.odw(['runs', 'list', '--status', 'paused'])).stdout) as { runs: { run_id: string }[] };
    expect(listed.runs.map(({ run_id }) => run_id)).toEqual([runId]);
    expect((await project.odw(['runs', 'show', runId])).stdout).toMatch(new RegExp(`^Run ${runId} \\[paused\\]\n[^]*odw unpause`));

    expect((await project.command('unpause', runId)).told).toEqual({ ok: true, run: runId, state: 'running', changed: true });
    const end = await run.end;
    expect([end.code, end.runId, project.state(runId).result]).toEqual([0, runId, 8]);
    expect(project.starts()).toHaveLength(8);
    expect(project.walk(runId)).toEqual(['running>pausing asked', 'pausing>paused asked', 'paused>running asked']);
    expect(project.run(runId)).toMatchObject({ status: 'completed', state: 'completed' });

    const late = await project.command('unpause', runId);
    expect([late.code, late.told]).toEqual([
      1,
      {
        ok: false,
        code: 'RUN_CLOSED',
        message: `run ${runId} has ended (completed)`,
        next: expect.stringContaining(`odw exec --path ${project.dir} --resume ${runId}`) as string,
      },
    ]);
  });

  it('CTRL-08 a run without a host answers with WORKER_DOWN within five seconds, and is paused still when it is hosted again', async () => {
    project = new HeldProject(`return [await agent('one'), await agent('two')]`);
    run = project.exec();
    const runId = await runIdOf(run);
    await project.untilStarts(1);
    await project.command('pause', runId);
    run.child.kill('SIGKILL');
    await run.end;
    const begun = Date.now();
    const answer = await project.command('unpause', runId);
    expect([answer.code, answer.told]).toMatchObject([1, { ok: false, code: 'WORKER_DOWN', next: expect.stringContaining('odw exec --resume') as string }]);
    // Five seconds for the answer; on a busy machine the start of the command takes longer than that.
    expect(Date.now() - begun).toBeLessThan(30_000);

    project.go();
    run = project.exec('--resume', runId);
    await run.until(/pausing -> paused/, 120_000);
    await until(() => project.run(runId).state === 'paused', 'run.json says paused');
    expect(project.starts()).toHaveLength(1);
    await project.command('unpause', runId);
    expect([(await run.end).code, project.state(runId).result, project.starts().length]).toEqual([0, ['done', 'done'], 2]);
  });

  it('CTRL-08 a run that does not exist is named, and a wrong id is refused', async () => {
    project = new HeldProject('return 1');
    expect(await project.command('pause', 'odw-exec-1-1')).toMatchObject({ code: 1, told: { ok: false, code: 'RUN_NOT_FOUND' } });
    expect(await project.command('stop', '../x')).toMatchObject({ code: 1, told: { ok: false, code: 'RUN_ID_INVALID' } });
    expect(await project.command('stop', 'latest')).toMatchObject({ code: 1, told: { ok: false, code: 'RUN_NOT_FOUND' } });
  });
});
