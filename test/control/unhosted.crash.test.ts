import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { historiesOf, withClient } from '../support/executions.ts';
import type { OdwProcess } from '../support/odw.ts';
import { cleanUp, HeldProject, runIdOf, until } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: HeldProject;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

describe('what reaches a run that has lost its host', () => {
  // Tried again where a machine took so long that the server gave the dead host up by itself.
  it('CTRL-03 a cancel that was sent right after the host died acts as soon as the run is hosted again', { retry: 2 }, async () => {
    project = new HeldProject(`return [await agent('one'), await agent('two')]`);
    run = project.exec();
    const runId = await runIdOf(run);
    await project.untilStarts(1);
    const host = run;
    await withClient(async (client) => {
      host.child.kill('SIGKILL');
      await host.end;
      await client.workflow.getHandle(runId).cancel();
    });

    run = project.exec('--resume', runId);
    expect((await run.end).code).toBe(1);
    expect(project.run(runId)).toMatchObject({ status: 'cancelled', state: 'stopped' });
    expect(project.walk(runId)).toEqual(['running>stopping cancelled', 'stopping>stopped cancelled']);
    const [history] = await historiesOf(runId);
    const events = history?.events ?? [];
    const cancelAt = events.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    // The server had put the cancel into the queue of the host that was dead, where it may wait for ten seconds.
    const queues = events.slice(cancelAt).flatMap((event) => event.workflowTaskScheduledEventAttributes?.taskQueue?.name ?? []);
    expect(queues[0]).toContain('odw@');
    expect(queues[1]).toContain(runId);
    expect(events.filter((event) => event.workflowTaskTimedOutEventAttributes)).toEqual([]);
  });

  it('CTRL-03 RES-13 stopped while nobody hosts it, it loses no answer that came meanwhile: a resume takes it, and pays nothing again', async () => {
    project = new HeldProject(`return await agent('one')`);
    run = project.exec();
    const runId = await runIdOf(run);
    await project.untilStarts(1);
    run.child.kill('SIGKILL');
    await run.end;
    project.go();
    const nodes = join(project.runDir(runId), 'nodes');
    await until(() => readdirSync(nodes).every((name) => existsSync(join(nodes, name, '1', 'code'))), 'the executor has ended');
    expect((await project.command('stop', runId)).told).toMatchObject({ ok: true, state: 'stopped' });

    run = project.exec('--resume', runId, '--json');
    expect(await run.end).toMatchObject({ code: 0, stdout: '"done"\n' });
    expect(project.starts()).toHaveLength(1);
  });
});
