import { afterEach, describe, expect, it, vi } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OdwProcess } from '../support/odw.ts';
import { cleanUp, HeldProject, runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000 });

let project: HeldProject;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

interface Told {
  state: string;
  status: string;
  next?: string;
}

/** What each view says of the run. */
async function views(runId: string): Promise<Told[]> {
  const pick = ({ state, status, next }: Told): Told => ({ state, status, ...(next === undefined ? {} : { next }) });
  const list = JSON.parse((await project.odw(['runs', 'list'])).stdout) as { runs: Told[] };
  const shown = JSON.parse((await project.odw(['runs', 'show', runId, '--json'])).stdout) as { run: Told };
  const status = (await project.command('status', runId)).told as unknown as Told;
  return [list.runs[0] as Told, shown.run, status].map(pick);
}

async function held(): Promise<string> {
  project = new HeldProject(`return await agent('one')`);
  run = project.exec();
  const runId = await runIdOf(run);
  await project.untilStarts(1);
  return runId;
}

/** Waits until all views say so, and gives the seconds that it took. */
async function untilAll(runId: string, state: string): Promise<Told[]> {
  for (;;) {
    const told = await views(runId);
    if (told.every((one) => one.state === state)) return told;
    await sleep(500);
  }
}

describe('a run that does not go on', () => {
  it('RUN-06 a host that lives and does nothing: every view says stalled, and with which command it goes on; it runs again when the host does', async () => {
    const runId = await held();
    expect((await views(runId)).map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    const host = (run as OdwProcess).child;
    host.kill('SIGSTOP');
    const next = `kill -9 ${host.pid} && odw exec --path ${project.dir} --resume ${runId}`;
    for (const told of await untilAll(runId, 'stalled')) expect(told).toEqual({ state: 'stalled', status: 'running', next });
    expect((await project.odw(['runs', 'show', runId])).stdout).toContain(`Stalled: go on with ${next}`);
    expect((await project.odw(['status', runId])).stdout).toContain(`go on with: ${next}`);
    host.kill('SIGCONT');
    await untilAll(runId, 'running');
    project.go();
    expect((await (run as OdwProcess).end).code).toBe(0);
    for (const told of await views(runId)) expect(told).toEqual({ state: 'completed', status: 'completed' });
  });

  it('RUN-01 CTRL-01 a paused run that another host takes up is told as paused, not as running', async () => {
    project = new HeldProject(`return [await agent('one'), await agent('two')]`);
    run = project.exec();
    const runId = await runIdOf(run);
    await project.untilStarts(1);
    await project.command('pause', runId);
    project.go();
    await until(() => project.walk(runId).at(-1)?.includes('>paused') ?? false, 'the journal tells that the run is paused');
    run.child.kill('SIGKILL');
    await run.end;
    expect((await views(runId)).map(({ state }) => state)).toEqual(['interrupted', 'interrupted', 'interrupted']);
    run = project.exec('--resume', runId);
    await run.until(/web ui/, 120_000);
    const next = `odw unpause --path ${project.dir} ${runId}`;
    for (const told of await views(runId)) expect(told).toEqual({ state: 'paused', status: 'paused', next });
    while ((await project.command('unpause', runId)).told['ok'] !== true) await sleep(500);
    expect((await run.end).code).toBe(0);
    for (const told of await views(runId)) expect(told).toEqual({ state: 'completed', status: 'completed' });
  });

  it('RUN-06 a host that was killed: every view says interrupted at once, and with which command it goes on', async () => {
    const runId = await held();
    (run as OdwProcess).child.kill('SIGKILL');
    await (run as OdwProcess).end;
    const next = `odw exec --path ${project.dir} --resume ${runId}`;
    for (const told of await views(runId)) expect(told).toEqual({ state: 'interrupted', status: 'interrupted', next });
    project.go();
    run = project.exec('--resume', runId);
    expect((await run.end).code).toBe(0);
  });
});
