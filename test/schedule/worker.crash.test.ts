import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunFile } from '../../schemas/run-file.ts';
import { identify } from '../../system/process-table.ts';
import { stopServer } from '../../temporal/engine/index.ts';
import { pauseSchedule, removeSchedule, triggerSchedule } from '../../temporal/schedule/change.ts';
import { describeSchedule, type ScheduleView } from '../../temporal/schedule/read.ts';
import { listWorkers, refuseOtherVersions, type WorkerView } from '../../temporal/service/pollers.ts';
import { Project, type OdwProcess } from '../support/odw.ts';
import { OwnHome, waitFor } from '../support/schedules.ts';

let home: OwnHome;
let client: Client;
let project: Project;
let schedules: string[] = [];
beforeAll(async () => {
  home = new OwnHome();
  client = await home.client();
});
afterAll(() => home.close());
afterEach(async () => {
  await home.endWorkers();
  for (const name of schedules) await removeSchedule(client, name);
  schedules = [];
  project.remove();
});

async function create(name: string, ...args: string[]): Promise<ScheduleView> {
  const view = await home.json<ScheduleView>(project.dir, ['schedule', 'create', name, ...args]);
  schedules.push(name);
  return view;
}

async function trigger(name: string): Promise<string> {
  const { run_id } = await triggerSchedule(client, name);
  if (run_id === null) throw new Error(`${name} started no run`);
  return run_id;
}

const runsOf = (name: string) => {
  const folder = join(project.dir, '.odw', 'runs');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((id) => id.startsWith(`${name}-20`))
        .sort()
    : [];
};
const statusOf = (id: string) => (existsSync(join(project.runDir(id), 'run.json')) ? project.run(id).status : undefined);
const ended = (id: string) =>
  waitFor(() => ['completed', 'failed', 'cancelled'].includes(statusOf(id) ?? '') && existsSync(join(project.runDir(id), 'report.html')));
const lines = (name: string) => {
  const path = join(project.dir, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
};
const stop = async (worker: OdwProcess, signal: NodeJS.Signals) => {
  worker.child.kill(signal);
  return worker.end;
};

// Notes each start by its prompt, then works for the seconds that the prompt names, or until there is a file `go`.
const counting = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
[ -f "$f" ] || exit 0
p=$(cat "$f")
echo $$ >> pids
echo "$p" >> starts
case "$p" in
  *" go") while [ ! -e go ]; do sleep 0.1; done ;;
  *) sleep "\${p##* }" ;;
esac
echo "$p" >> ends
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s","usage":{"total_tokens":5}}\\n' "$p"
`;

function counted(script: string): void {
  project = new Project({ 'a.js': script, executor: counting });
  chmodSync(join(project.dir, 'executor'), 0o755);
}
const real = ['--backend', 'pandacode', '--pandacode-bin', './executor', '--no-lint'];

describe('a worker', () => {
  it('SCHED-04 SCHED-05 SCHED-06 CLI-09 FLEET-05 runs what an interval fires, with the script as it was, and keeps every file of each run', async () => {
    // Over 32 KiB: the input goes through the blob store.
    const script = `export const meta = { name: 'tick' }; /* ${'x'.repeat(40_000)} */ return [odw.runId, odw.runDir, await agent('old ' + args.n)]`;
    project = new Project({ 'a.js': script });
    const worker = await home.worker(project.dir, ['--json', '--slots', '2']);
    await create('tick', '--every', '2s', '--script', 'a.js', '--input', '{"n": 1}');
    project.write('a.js', `return 'edited'`);
    await waitFor(() => runsOf('tick').length >= 2);
    const ids = runsOf('tick').slice(0, 2);
    for (const id of ids) {
      await ended(id);
      expect(id).toMatch(/^tick-20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(new Date(id.slice(5)).getTime() % 2000).toBe(0);
      expect(project.run(id)).toMatchObject({
        run_id: id,
        status: 'completed',
        schedule: 'tick',
        run_dir: project.runDir(id),
        workflow_id: id,
        census: { ok: 1 },
      });
      expect(project.run(id).started_ms).toBeGreaterThanOrEqual(new Date(id.slice(5)).getTime());
      expect(project.state(id).result).toEqual([id, project.runDir(id), expect.objectContaining({ prompt_preview: 'old 1' })]);
      const seqs = project.records(id).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, n) => n));
      expect(project.records(id).at(-1)).toMatchObject({ type: 'exit', status: 'completed', code: 0 });
      expect(readFileSync(join(project.runDir(id), 'script.js'), 'utf8')).toBe(script);
      expect(readFileSync(join(project.runDir(id), 'input.raw'), 'utf8')).toBe('{"n": 1}');
      expect(readFileSync(join(project.runDir(id), 'history.json'), 'utf8')).toContain('eventId');
      expect(existsSync(join(project.runDir(id), 'host.lock'))).toBe(false);
    }
    const told = objects(worker).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told[0]).toMatchObject({ event: 'serving', queue: 'odw', slots: 2 });
    expect(told).toContainEqual(
      expect.objectContaining({ event: 'run_ended', run_id: ids[0], status: 'completed', census: expect.objectContaining({ ok: 1 }) as unknown }),
    );

    const listed = (await home.odw(project.dir, ['runs', 'list'])).stdout;
    expect((JSON.parse(listed) as { runs: RunFile[] }).runs.map(({ run_id }) => run_id)).toEqual(expect.arrayContaining(ids));
    const before = readFileSync(join(project.runDir(ids[0]!), 'events.jsonl'), 'utf8');
    expect(await home.json(project.dir, ['runs', 'rebuild', ids[0]!])).toMatchObject({ run_id: ids[0], status: 'completed' });
    expect(readFileSync(join(project.runDir(ids[0]!), 'events.jsonl'), 'utf8')).toBe(before);

    // A server that goes away keeps the schedule, and the worker stays.
    await stopServer({ env: home.env });
    await worker.until(/lost the Temporal server/);
    const known = runsOf('tick').length;
    await waitFor(() => runsOf('tick').length > known + 1);
    await pauseSchedule(client, 'tick');
    const { running, runs } = await describeSchedule(client, 'tick');
    await waitFor(() => runsOf('tick').length >= runs.length);
    await Promise.all(running.map(ended));
    expect(new Set(runsOf('tick')).size).toBe(runsOf('tick').length);

    const [seen] = await home.json<WorkerView[]>(project.dir, ['worker', 'list', '--here']);
    expect(seen).toMatchObject({ pid: worker.child.pid, here: true, version: expect.stringMatching(/^\d/) as unknown });
    await expect(refuseOtherVersions(client, '99.0.0')).rejects.toThrow(
      new RegExp(`this is odw 99\\.0\\.0; the worker .*:${worker.child.pid} serves the queue with odw \\d`),
    );
    expect((await stop(worker, 'SIGTERM')).code).toBe(0);
    expect(await listWorkers(client)).toEqual([]);
    expect((await home.odw(project.dir, ['worker', 'list', '--here'])).code).toBe(1);
  });

  it('SCHED-02 SCHED-06 skips while a run is open, and a run that waits blocks no other schedule', async () => {
    project = new Project({ 'slow.js': `return await agent('slow', { mockDelayMs: 60000 })`, 'a.js': `return await agent('quick')` });
    const worker = await home.worker(project.dir);
    await create('slow', '--every', '1s', '--script', 'slow.js');
    await waitFor(() => runsOf('slow').length === 1);
    await create('quick', '--every', '1h', '--script', 'a.js');
    await ended(await trigger('quick'));
    const [first] = runsOf('slow');
    expect(statusOf(first!)).toBe('running');
    expect(runsOf('slow')).toHaveLength(1);
    await waitFor(async () => (await describeSchedule(client, 'slow')).skipped > 0);
    await pauseSchedule(client, 'slow');
    expect(runsOf('slow')).toHaveLength(1);
    await client.workflow.getHandle(first!).terminate();
    await ended(first!);
    await stop(worker, 'SIGINT');
  });

  it('EXEC-13 RES-13 after kill -9 in the middle the next worker goes on: nothing twice, executors adopted, files whole', async () => {
    counted(`const a = await agent('first 0'); return [a, ...(await Promise.all([agent('short 1'), agent('long 3')])), await agent('last 0')]`);
    const first = await home.worker(project.dir);
    await create('job', '--every', '1h', '--script', 'a.js', ...real);
    const id = await trigger('job');
    await waitFor(() => lines('starts').length === 3);
    await stop(first, 'SIGKILL');
    expect((await home.odw(project.dir, ['runs', 'list'])).stdout).toContain('"state": "stalled"');
    expect((await home.odw(project.dir, ['exec', '--resume', id])).stderr).toContain('it is for a worker to go on with it');
    const second = await home.worker(project.dir);
    await ended(id);
    expect(project.state(id)).toMatchObject({ result: ['did first 0', 'did short 1', 'did long 3', 'did last 0'], budget: { spent: 20 } });
    expect(lines('starts').sort()).toEqual(['first 0', 'last 0', 'long 3', 'short 1']);
    const seqs = project.records(id).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, n) => n));
    await stop(second, 'SIGTERM');
  });

  it('CLI-04 one that is asked to leave lets its executors live; another takes the run over, with its files', async () => {
    counted(`return [await agent('long go'), await agent('last 0')]`);
    const first = await home.worker(project.dir);
    await create('job', '--every', '1h', '--script', 'a.js', ...real);
    const id = await trigger('job');
    await waitFor(() => lines('starts').length === 1);
    const end = await stop(first, 'SIGINT');
    expect([end.code, lines('ends')]).toEqual([0, []]);
    expect(statusOf(id)).toBe('interrupted');
    const second = await home.worker(project.dir);
    writeFileSync(join(project.dir, 'go'), '');
    await ended(id);
    expect([lines('starts'), project.state(id).result]).toEqual([
      ['long go', 'last 0'],
      ['did long go', 'did last 0'],
    ]);
    await stop(second, 'SIGTERM');
  });

  it('ends what a cancelled run still runs, by the overlap policy, and two workers share one queue', async () => {
    counted(`return await agent(args + ' 60')`);
    const workers = [await home.worker(project.dir), await home.worker(project.dir)];
    await create('job', '--every', '1h', '--script', 'a.js', '--input', 'wait', '--overlap', 'cancel', ...real);
    const first = await trigger('job');
    await waitFor(() => lines('starts').length === 1);
    expect(await listWorkers(client)).toHaveLength(2);
    await triggerSchedule(client, 'job');
    const second = await waitFor(() => runsOf('job').find((id) => id !== first));
    await ended(first);
    expect(project.run(first)).toMatchObject({ status: 'cancelled', error: { category: 'cancelled' } });
    expect(project.events(first).at(-1)).toMatchObject({ type: 'run_state', to: 'stopped' });
    await waitFor(() => lines('starts').length === 2);
    // The worker that keeps the run dies: the other takes over within seconds, though nobody started it for that.
    const keeper = workers.find((worker) => worker.text().includes(`run ${second}: a in`))!;
    await stop(keeper, 'SIGKILL');
    const other = workers.find((worker) => worker !== keeper)!;
    await other.until(new RegExp(`run ${second}: a in`));
    await client.workflow.getHandle(second).terminate('enough');
    await ended(second);
    expect(project.run(second)).toMatchObject({ status: 'cancelled', error: { message: 'the run was terminated from outside: enough' } });
    expect(lines('ends')).toEqual([]);
    expect(lines('pids').map((pid) => identify(Number(pid)))).toEqual([undefined, undefined]);
    await stop(other, 'SIGTERM');
  });
});

function objects(worker: OdwProcess): string[] {
  return worker
    .text()
    .split('\n')
    .filter((line) => line.startsWith('{'));
}
