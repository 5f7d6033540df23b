import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withClient } from '../support/executions.ts';
import type { OdwProcess } from '../support/odw.ts';
import { identify } from '../../system/process-table.ts';
import { HeldProject, json, runIdOf, until } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: HeldProject;
let run: OdwProcess;
let runId: string;

/** A run whose host is dead, and whose server still has it. */
beforeEach(async () => {
  project = new HeldProject(`return await agent('one', { label: 'one' })`);
  run = project.exec();
  runId = await runIdOf(run);
  await project.untilStarts(1);
  run.child.kill('SIGKILL');
  await run.end;
});
afterEach(() => {
  project.go();
  project.remove();
});

const terminate = () => withClient((client) => client.workflow.getHandle(runId).terminate('by hand'));
const ended = { status: 'cancelled', state: 'stopped' };

describe('a run that was terminated in Temporal while nobody hosted it', () => {
  it.each([
    ['odw status', async () => await json(project, 'status', runId)],
    ['odw runs show', async () => (await json(project, 'runs', 'show', runId))['run'] as object],
    ['odw runs list', async () => ((await json(project, 'runs', 'list'))['runs'] as object[])[0] as object],
  ])('FILE-01 %s tells that it has ended, and writes its end', async (_name, look) => {
    expect(await look()).toMatchObject({ status: 'interrupted' });
    expect(project.run(runId).finished_ms).toBe(null);
    await terminate();
    expect(await look()).toMatchObject(ended);
    expect(project.run(runId)).toMatchObject({ ...ended, error: { message: expect.stringContaining('by hand') as string } });
    expect(project.records(runId).at(-1)).toMatchObject({ type: 'exit', status: 'cancelled' });
    expect(existsSync(join(project.runDir(runId), 'history.json'))).toBe(true);
  });

  it('FILE-01 a look at it keeps the answer that came meanwhile: a resume pays nothing again', async () => {
    project.go();
    const nodes = join(project.runDir(runId), 'nodes');
    await until(() => readdirSync(nodes).every((name) => existsSync(join(nodes, name, '1', 'code'))), 'the executor has ended');
    await terminate();
    expect(await json(project, 'status', runId)).toMatchObject(ended);
    run = project.exec('--resume', runId, '--json');
    expect(await run.end).toMatchObject({ code: 0, stdout: '"done"\n' });
    expect(project.starts()).toHaveLength(1);
  });

  it('FILE-01 a look at it ends the executor that works for nobody', async () => {
    const [pid = 0] = project.starts();
    await terminate();
    expect(await json(project, 'status', runId)).toMatchObject(ended);
    expect(identify(pid)).toBeUndefined();
  });

  it('where the server does not run, the words claim no more than is known, and no server is started', async () => {
    await terminate();
    const home = mkdtempSync(join(tmpdir(), 'odw-home-'));
    try {
      for (const words of [
        ['status', runId],
        ['runs', 'show', runId],
        ['runs', 'list'],
      ]) {
        const end = await project.odw(words, { ODW_HOME: home });
        expect(end.code, end.stderr).toBe(0);
        expect(end.stdout).toContain('interrupted');
        expect(end.stdout).toContain('its Temporal server was not asked or not reached, so nobody knows whether the run was ended there');
      }
      expect(existsSync(join(home, 'server.json'))).toBe(false);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
    expect(project.run(runId).finished_ms).toBe(null);
  });
});
