import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { countDeath, type HostDeaths } from '../../temporal/run/host-starts.ts';
import { Project, startOdw } from '../support/odw.ts';

describe('hosts that end one after another', () => {
  it('are counted when each had a task of the workflow, and the journal stays where it was', () => {
    const deaths = (...found: [events: number, attempt: number, taken: boolean][]) =>
      found.reduce<HostDeaths | undefined>((before, [events, attempt, taken]) => countDeath(before, { events, attempt, taken }), undefined)?.deaths;
    expect(deaths([5, 1, true], [5, 1, true], [5, 1, true])).toBe(3);
    expect(deaths([5, 1, true], [5, 1, true], [6, 1, true])).toBe(1);
    // Killed while the workflow waited, or before the task was taken.
    expect(deaths([5, 0, false], [5, 0, false], [5, 0, false])).toBe(0);
    expect(deaths([5, 1, false], [5, 1, false], [5, 1, false])).toBe(0);
    // The next host came after the task's time limit: its number tells.
    expect(deaths([5, 2, false], [5, 3, false], [5, 3, false])).toBe(2);
  });

  let project: Project | undefined;
  afterEach(() => project?.remove());
  const kill = { ODW_DEBUG_POINT: 'on-event:kill' };

  it('end the run, when the workflow itself is what they ran', async () => {
    const own = (project = new Project({ 'a.js': `return 'done'` }));
    const first = await own.odw(['exec', '--script', 'a.js'], kill);
    const runId = first.runId as string;
    expect(first.signal).toBe('SIGKILL');
    for (const _ of [2, 3]) expect((await own.odw(['exec', '--resume', runId], kill)).signal).toBe('SIGKILL');
    const end = await own.odw(['exec', '--resume', runId]);
    expect(end.code).toBe(1);
    expect(own.run(runId)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/^3 hosts in a row ended while they ran the workflow script/) as string },
    });
    expect(existsSync(join(own.runDir(runId), 'report.html'))).toBe(true);
  });

  it('do not end a run that only waits, however many there were', async () => {
    const own = (project = new Project({ 'a.js': `await agent('slow', { mockDelayMs: 60000 }); return 'done'` }));
    let runId = '';
    for (const args of [['--script', 'a.js'], ...Array<string[]>(4).fill(['--resume', 'latest'])]) {
      const run = startOdw(['exec', ...args], { cwd: own.dir });
      await run.until(args[0] === '--script' ? /\[node\] start/ : /run_id=/);
      run.child.kill('SIGKILL');
      runId = (await run.end).runId as string;
    }
    const { connection, client } = await connectEngine(await ensureEngine());
    expect((await client.workflow.getHandle(runId).describe()).status.name).toBe('RUNNING');
    await client.workflow.getHandle(runId).terminate('seen');
    await connection.close();
  });

  it('hold up the next one for no time limit: the task that a dead host had begun is handed out at once', async () => {
    const own = (project = new Project({ 'a.js': `return await agent('one')` }));
    const runId = (await own.odw(['exec', '--script', 'a.js'], kill)).runId as string;
    expect((await own.odw(['exec', '--resume', runId])).code).toBe(0);
    const history = readFileSync(join(own.runDir(runId), 'history.json'), 'utf8');
    expect(history).toContain('EVENT_TYPE_WORKFLOW_TASK_FAILED');
    expect(history).not.toContain('EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT');
  });
});
