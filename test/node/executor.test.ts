import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runNode } from '../../activities/run-node/run-node.ts';
import { isNodeLeft } from '../../activities/run-node/node-left.ts';
import { endExecutors } from '../../activities/run-node/end-executors.ts';
import { identify, isAlive, type ProcessIdentity } from '../../system/process-table.ts';
import { fixture, host, lines, request, tempDir, until } from './support.ts';

const pids = (dir: string): ProcessIdentity[] => lines(join(dir, 'pids')).flatMap((pid) => identify(Number(pid)) ?? []);
const features = '--report-file,--pid-file,--dispatch-id,--detach-safe,--events-file';

describe('what an executor is given', () => {
  it('EXEC-05 EXEC-06 the compatible argv, the root as directory, the environment unchanged', async () => {
    const root = realpathSync(tempDir());
    const node = request(root, { model: 'm1' });
    const outcome = await runNode(node, host(fixture('args.sh'), { ODW_FIXTURE: 'kept' }));
    const prompt = readdirSync(node.runDir).find((name) => name.endsWith('.prompt.md'))!;
    expect(outcome.value).toBe(`claude|exec|--cd|${root}|--session|${node.session}|--task-file|${join(node.runDir, prompt)}|--json|--model|m1|--effort|low|`);
    expect(outcome.report).toMatchObject({ cwd: root, seen: 'kept' });
  });

  it('EXEC-06 no environment value is written into the run directory', async () => {
    const root = tempDir();
    const node = request(root);
    await runNode(node, host(fixture('good.sh'), { SECRET_KEY: 'value-that-must-not-leak' }));
    for (const name of readdirSync(node.runDir, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) expect(readFileSync(join(name.parentPath, name.name), 'utf8')).not.toContain('value-that-must-not-leak');
    }
  });
});

describe('executors that cannot be started', () => {
  it('names a binary that does not exist, and starts nothing', async () => {
    const node = request(tempDir());
    const outcome = await runNode(node, host('/nowhere/pandacode'));
    expect(outcome).toMatchObject({ status: 'failed', tokens: null, failure: { category: 'not_installed', retryable: false } });
    expect(outcome.failure?.message).toContain('"/nowhere/pandacode" does not exist');
    expect(outcome.failure?.next_action).toContain('--pandacode-bin');
    expect(existsSync(join(node.runDir, 'nodes', 'abc.1.1', '1', 'pid'))).toBe(false);
  });

  it('names a word that is not on PATH', async () => {
    const outcome = await runNode(request(tempDir()), host('no-such-executor-word'));
    expect(outcome.failure).toMatchObject({ category: 'not_installed', message: expect.stringContaining('"no-such-executor-word" was not found on PATH') });
  });

  it('names a file that is not executable, and a missing interpreter', async () => {
    const root = tempDir();
    const file = join(root, 'executor');
    writeFileSync(file, '#!/nowhere/interpreter\n');
    expect((await runNode(request(root), host(file))).failure?.message).toContain('is not executable');
    chmodSync(file, 0o755);
    expect((await runNode(request(root), host(file, {}, { activityId: 'other' }))).failure).toMatchObject({ category: 'not_installed', retryable: false });
  });

  it('a project folder that is gone is a failure with the reason', async () => {
    const root = tempDir();
    const outcome = await runNode(request(join(root, 'gone'), { runDir: join(root, 'run') }), host(fixture('good.sh')));
    expect(outcome.failure).toMatchObject({ category: 'pandacode_failed', message: expect.stringContaining(join(root, 'gone')) });
  });
});

describe('large and split output', () => {
  it('PROC-08 reads a 10 MB line and characters split over writes', async () => {
    expect(await runNode(request(tempDir()), host(fixture('big-line.mjs')))).toMatchObject({ status: 'ok', value: '😀 done €' });
  });
});

describe('executors that ask', () => {
  const asks = (times: number) => {
    const root = tempDir();
    return { root, node: request(root), own: host(fixture('asks.sh'), { ODW_FIXTURE_DIR: root, ODW_FIXTURE_ASKS: String(times) }) };
  };

  it('EXEC-14 BUD-05 are answered, each time with an event, and all tokens are added', async () => {
    const { root, node, own } = asks(2);
    const outcome = await runNode(node, own);
    expect(outcome).toMatchObject({ status: 'ok', value: 'blue', tokens: 30 });
    expect(outcome.events).toEqual([1, 2].map((round) => ({ type: 'panda_auto_answer', runtime: 'claude', session: node.session, round })));
    const calls = lines(join(root, 'calls'));
    expect(calls[1]).toMatch(new RegExp(`^claude\\|answer\\|--cd\\|${root}\\|--session\\|${node.session}\\|--text\\|.+\\|--wait\\|--json\\|$`));
    expect(calls[2]).toBe(calls[1]);
  });

  it('EXEC-16 still waiting after six rounds is a failure with the question', async () => {
    const { root, node, own } = asks(99);
    const outcome = await runNode(node, own);
    expect(outcome).toMatchObject({ status: 'failed', tokens: 70, failure: { category: 'pandacode_needs_input', retryable: false } });
    expect(outcome.failure?.message).toContain('Which colour?');
    expect(lines(join(root, 'calls'))).toHaveLength(7);
  });

  it('EXEC-15 are not answered when automatic answers are off', async () => {
    const { root, node, own } = asks(1);
    const outcome = await runNode({ ...node, autoAnswer: false }, own);
    expect(outcome).toMatchObject({ status: 'failed', tokens: 10, events: [], failure: { category: 'pandacode_needs_input' } });
    expect(lines(join(root, 'calls'))).toHaveLength(1);
  });
});

describe('time limits', () => {
  it('EXEC-11 ends the executor with everything it started, after limit and grace', async () => {
    const root = tempDir();
    const started = Date.now();
    const outcome = await runNode(request(root, { timeoutMs: 1200 }), host(fixture('daemon.mjs'), { ODW_FIXTURE_DIR: root }));
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'pandacode_timeout', retryable: true } });
    expect(outcome.failure?.message).toContain('1.2 s');
    expect(Date.now() - started).toBeGreaterThanOrEqual(1400);
    // The grandchild had its own session, and its parent was gone by then.
    expect(lines(join(root, 'pids'))).toHaveLength(3);
    expect(pids(root)).toEqual([]);
  });

  it('EXEC-11 kills one that ignores SIGTERM', async () => {
    const root = tempDir();
    const outcome = await runNode(request(root, { timeoutMs: 400 }), host(fixture('stubborn.mjs'), { ODW_FIXTURE_DIR: root }));
    expect(outcome.failure?.category).toBe('pandacode_timeout');
    expect(lines(join(root, 'pids'))).toHaveLength(1);
    expect(pids(root)).toEqual([]);
  });
});

describe('stopping and leaving', () => {
  it('EXEC-12 CTRL-04 a stop ends the executor and every descendant, and asks a foreign executor to stop its session', async () => {
    const root = tempDir();
    const own = host(fixture('daemon.mjs'), { ODW_FIXTURE_DIR: root });
    const running = runNode(request(root), own);
    await until(() => lines(join(root, 'pids')).length === 3);
    // Long enough for the detached grandchild to have been seen, and to lose its parent.
    await new Promise((wake) => setTimeout(wake, 1100));
    const victims = pids(root);
    own.cancel('stop');
    expect(await running).toMatchObject({ status: 'failed', failure: { category: 'cancelled', retryable: false } });
    expect(victims.length).toBeGreaterThanOrEqual(2);
    expect(victims.filter(isAlive)).toEqual([]);
  });

  it('EXEC-13 leaving ends nothing; the next host waits for the same process', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root };
    const first = host(fixture('counted.sh'), env);
    const running = runNode(request(root), first);
    await until(() => lines(join(root, 'starts')).length === 1);
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    const second = runNode(request(root), host(fixture('counted.sh'), env));
    writeFileSync(join(root, 'go'), '');
    expect(await second).toMatchObject({ status: 'ok', value: 'counted', taken: 'adopted', tokens: 5 });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('EXEC-13 a result that was finished while nobody looked is taken', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root };
    const first = host(fixture('counted.sh'), env);
    const running = runNode(request(root), first);
    await until(() => lines(join(root, 'starts')).length === 1);
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    writeFileSync(join(root, 'go'), '');
    await until(() => existsSync(join(root, '.odw/runs/run-1/nodes/abc.1.1/1/code')));
    expect(await runNode(request(root), host(fixture('counted.sh'), env))).toMatchObject({ status: 'ok', value: 'counted', taken: 'finished' });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('EXEC-13 a dead executor that announces nothing is started again', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root };
    const first = host(fixture('counted.sh'), env);
    const running = runNode(request(root), first);
    await until(() => lines(join(root, 'starts')).length === 1);
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    const group = Number.parseInt(readFileSync(join(root, '.odw/runs/run-1/nodes/abc.1.1/1/pid'), 'latin1'), 10);
    process.kill(-group, 'SIGKILL');
    await until(() => !identify(group));
    writeFileSync(join(root, 'go'), '');
    expect(await runNode(request(root), host(fixture('counted.sh'), env))).toMatchObject({ status: 'ok', taken: 'started' });
    expect(lines(join(root, 'starts'))).toHaveLength(2);
  });

  it('EXEC-13 what a dead executor left running is ended before the next one starts', async () => {
    const root = tempDir();
    const running = runNode(request(root), host(fixture('orphan.sh'), { ODW_FIXTURE_DIR: root }));
    const seen = join(root, '.odw/runs/run-1/nodes/abc.1.1/1/seen.json');
    await until(
      () => pids(root).length === 1 && existsSync(seen) && readFileSync(seen, 'utf8').includes(`"pid":${lines(join(root, 'pids'))[0]},`),
      'the helper to be seen',
    );
    const helper = pids(root)[0]!;
    process.kill(-Number.parseInt(readFileSync(join(root, '.odw/runs/run-1/nodes/abc.1.1/1/pid'), 'latin1'), 10), 'SIGKILL');
    expect(await running).toMatchObject({ status: 'ok', value: 'second' });
    expect(isAlive(helper)).toBe(false);
  });

  it('EXEC-13 an interrupted executor is not a result: it goes on in its own session, and its tokens count', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: features };
    const node = request(root);
    const running = runNode(node, host(fixture('announced.mjs'), env));
    await until(() => existsSync(join(node.runDir, 'nodes/abc.1.1/events.jsonl')));
    const left = expect(running).rejects.toSatisfy(isNodeLeft);
    expect(await endExecutors(node.runDir, { resumable: true, killGraceMs: 2000 })).toBe(1);
    await left;
    expect(existsSync(join(node.runDir, 'nodes/abc.1.1/outcome.json'))).toBe(false);
    writeFileSync(join(root, 'go'), '');
    expect(await runNode(node, host(fixture('announced.mjs'), env))).toMatchObject({ status: 'ok', value: 'done by resume', taken: 'continued', tokens: 100 });
    const starts = lines(join(root, 'starts')).map((line) => line.split(' '));
    expect(starts.map(([action]) => action)).toEqual(['exec', 'resume']);
    // A new dispatch id, the same session, and a task that names the interruption.
    expect(starts[0]?.[1]).not.toBe(starts[1]?.[1]);
    expect(starts[0]?.[2]).toBe(starts[1]?.[2]);
    expect(readFileSync(starts[1]![3]!, 'utf8')).toMatch(/interrupted[^]*Do it\./);
  });

  it('CLI-04 an executor that finishes within its time is not interrupted, and its result is kept', async () => {
    const root = tempDir();
    const node = request(root);
    const own = host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root });
    const running = runNode(node, own);
    await until(() => lines(join(root, 'starts')).length === 1);
    own.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    setTimeout(() => writeFileSync(join(root, 'go'), ''), 300);
    expect(await endExecutors(node.runDir, { resumable: true, finishMs: 8000 })).toBe(0);
    expect(await runNode(node, host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }))).toMatchObject({ status: 'ok', value: 'counted', taken: 'finished' });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('EXEC-13 a refused continuation becomes a fresh start', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: features, ODW_FIXTURE_REFUSE: '1' };
    const node = request(root);
    const running = runNode(node, host(fixture('announced.mjs'), env));
    const left = expect(running).rejects.toSatisfy(isNodeLeft);
    await until(() => existsSync(join(node.runDir, 'nodes/abc.1.1/events.jsonl')));
    await endExecutors(node.runDir, { resumable: true, killGraceMs: 2000 });
    await left;
    writeFileSync(join(root, 'go'), '');
    expect(await runNode(node, host(fixture('announced.mjs'), env))).toMatchObject({ status: 'ok', value: 'done by exec', taken: 'started' });
    expect(lines(join(root, 'starts')).map((line) => line.split(' ')[0])).toEqual(['exec', 'resume', 'exec']);
  });

  it('a stop before anything was started starts nothing', async () => {
    const root = tempDir();
    const own = host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root });
    own.cancel('stop');
    expect(await runNode(request(root), own)).toMatchObject({ status: 'failed', failure: { category: 'cancelled' } });
    expect(lines(join(root, 'starts'))).toEqual([]);
  });
});

describe('heartbeats', () => {
  it('LIVE-01 come from a timer, with what the files show', async () => {
    const root = tempDir();
    const own = host(fixture('announced.mjs'), { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: features });
    const running = runNode(request(root), own);
    await until(() => own.beats.some((beat) => beat.tokens === 99 && beat.pid !== undefined), 'evidence');
    expect(own.beats.at(-1)).toMatchObject({
      state: 'running',
      step: 1,
      action: 'exec',
      lastEvent: 'model.completed',
      lastTool: 'bash',
      tokens: 99,
      stale: false,
    });
    writeFileSync(join(root, 'go'), '');
    expect(await running).toMatchObject({ status: 'ok' });
  });

  it('LIVE-01 a silent executor is marked stale and lives on', async () => {
    const root = tempDir();
    mkdirSync(root, { recursive: true });
    const own = host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root });
    own.timings = { ...own.timings, stallAfterMs: 300 };
    const running = runNode(request(root), own);
    await until(() => own.beats.some((beat) => beat.stale), 'a stale beat');
    const first = own.beats.findIndex((beat) => beat.stale);
    expect(own.beats.slice(0, first).every((beat) => beat.idleMs < 300)).toBe(true);
    writeFileSync(join(root, 'go'), '');
    expect(await running).toMatchObject({ status: 'ok' });
  });
});
