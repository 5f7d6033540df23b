import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSlots, slotFile } from '../../activities/provider-cap/slot-file.ts';
import { isNodeLeft } from '../../activities/run-node/node-left.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { readProcessTable } from '../../system/process-table.ts';
import { fixture, host, lines, request, tempDir, until } from './support.ts';

const features = '--report-file,--pid-file,--dispatch-id,--detach-safe,--events-file';
const stepDir = (root: string, step = 1) => join(root, `.odw/runs/run-1/nodes/abc.1.1/${step}`);

/** The executor of a step: the child of its supervisor, which lives on and writes down how it ended. */
async function signalExecutor(root: string, step: number, signal: NodeJS.Signals): Promise<void> {
  await until(() => existsSync(join(stepDir(root, step), 'pid')), 'the supervisor');
  const supervisor = Number.parseInt(readFileSync(join(stepDir(root, step), 'pid'), 'latin1'), 10);
  let executor: number | undefined;
  await until(() => (executor = readProcessTable().find(({ parent }) => parent === supervisor)?.pid) !== undefined, 'the executor');
  process.kill(executor as number, signal);
}

const startsOf = (root: string) => lines(join(root, 'starts')).map((line) => line.split(' ')[0]);

describe('EXEC-13 an executor that is killed while its supervisor and host live', () => {
  it('goes on in its own session', async () => {
    const root = tempDir();
    const running = runNode(request(root), host(fixture('announced.mjs'), { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: features }));
    await until(() => existsSync(join(root, '.odw/runs/run-1/nodes/abc.1.1/events.jsonl')), 'the session');
    await signalExecutor(root, 1, 'SIGKILL');
    writeFileSync(join(root, 'go'), '');
    expect(await running).toMatchObject({ status: 'ok', value: 'done by resume', taken: 'continued' });
    expect(readFileSync(join(stepDir(root), 'code'), 'utf8')).toBe('137 end\n');
    expect(startsOf(root)).toEqual(['exec', 'resume']);
  });

  it('is started again when it knows no sessions, and given up after the fourth time', async () => {
    const root = tempDir();
    const running = runNode(request(root), host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }));
    for (const step of [1, 2, 3, 4]) {
      await until(() => startsOf(root).length === step, `start ${step}`);
      await signalExecutor(root, step, 'SIGKILL');
    }
    expect(await running).toMatchObject({ status: 'failed', failure: { category: 'executor_lost', retryable: true } });
    expect(startsOf(root)).toHaveLength(4);
  });

  it('has failed when it ended itself, or was told to end', async () => {
    const root = tempDir();
    const running = runNode(request(root), host(fixture('announced.mjs'), { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: features }));
    await until(() => existsSync(join(root, '.odw/runs/run-1/nodes/abc.1.1/events.jsonl')), 'the session');
    await signalExecutor(root, 1, 'SIGTERM');
    expect(await running).toMatchObject({ status: 'failed', failure: { category: 'cancelled' } });
  });
});

describe('CLI-04 EXEC-13 a host that is about to leave', () => {
  const leaving = () => {
    const abort = new AbortController();
    return { abort, fields: { leaving: abort.signal } };
  };

  it('starts no executor; the next host starts it', async () => {
    const root = tempDir();
    const { abort, fields } = leaving();
    abort.abort();
    await expect(runNode(request(root), host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }, fields))).rejects.toSatisfy(isNodeLeft);
    expect(startsOf(root)).toEqual([]);
    writeFileSync(join(root, 'go'), '');
    expect(await runNode(request(root), host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }))).toMatchObject({ status: 'ok', taken: 'started' });
  });

  it('waits for no turn of its provider any more', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root, ODW_HOME: join(root, 'home') };
    mkdirSync(join(root, 'home'));
    writeFileSync(join(root, 'home/providers.json'), JSON.stringify({ claude: { concurrency: 1 } }));
    const node = (activityId: string, fields = {}) =>
      runNode(request(root, { service: 'claude' }), host(fixture('counted.sh'), env, { activityId, ...fields }));
    const works = node('abc.1.1');
    await until(() => startsOf(root).length === 1, 'the one that has the turn');
    const { abort, fields } = leaving();
    const waits = expect(node('def.1.1', fields)).rejects.toSatisfy(isNodeLeft);
    await until(() => readSlots(slotFile(env.ODW_HOME, 'claude')).waiting.length === 1, 'its place in the queue');
    abort.abort();
    await waits;
    writeFileSync(join(root, 'go'), '');
    expect(await works).toMatchObject({ status: 'ok' });
    expect(startsOf(root)).toHaveLength(1);
  });

  // A machine that goes down tells all of its processes to end at once, in any order.
  for (const [order, hostFirst] of [
    ['before', true],
    ['a moment after', false],
  ] as const) {
    it(`is told so ${order} its executors: they go on with the next host`, async () => {
      const root = tempDir();
      const env = { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: features };
      const { abort, fields } = leaving();
      const first = host(fixture('announced.mjs'), env, fields);
      const left = expect(runNode(request(root), { ...first, timings: { ...first.timings, leaveMs: 10_000 } })).rejects.toSatisfy(isNodeLeft);
      await until(() => existsSync(join(root, '.odw/runs/run-1/nodes/abc.1.1/events.jsonl')), 'the session');
      if (hostFirst) abort.abort();
      await signalExecutor(root, 1, 'SIGTERM');
      await until(() => existsSync(join(stepDir(root), 'code')), 'its end');
      abort.abort();
      await left;
      writeFileSync(join(root, 'go'), '');
      expect(await runNode(request(root), host(fixture('announced.mjs'), env))).toMatchObject({ status: 'ok', value: 'done by resume', taken: 'continued' });
      expect(startsOf(root)).toEqual(['exec', 'resume']);
    });
  }
});

describe('EXEC-10 the time limit of an executor that was planned, and not started, before its host went away', () => {
  it('begins with its start', async () => {
    const root = tempDir();
    const node = request(root, { timeoutMs: 60_000 });
    const abort = new AbortController();
    abort.abort();
    const gone = host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }, { leaving: abort.signal });
    await expect(runNode(node, gone)).rejects.toSatisfy(isNodeLeft);
    const path = join(stepDir(root), 'step.json');
    const plan = JSON.parse(readFileSync(path, 'utf8')) as { startedMs: number };
    writeFileSync(path, JSON.stringify({ ...plan, startedMs: plan.startedMs - 3_600_000 }));
    writeFileSync(join(root, 'go'), '');
    expect(await runNode(node, host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }))).toMatchObject({ status: 'ok', value: 'counted' });
  });
});
