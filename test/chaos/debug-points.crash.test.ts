import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { debugPoints, type DebugPoint } from '../../system/debug-point.ts';
import { leftovers } from '../support/leftovers.ts';
import { Project, startOdw, type OdwEnd, type OdwProcess } from '../support/odw.ts';

// Notes its start; makes a file when it works in a tree, and stays there as long as it is held; "gate" waits until the test opens it.
const executor = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
p=$(cat "$f")
echo "$p" >> "$POINTS_DIR/starts"
case "$p" in
  tree) echo "$p" > 'made by tree.txt'; while [ -e "$POINTS_DIR/hold" ]; do sleep 0.05; done ;;
  gate) while [ ! -e "$POINTS_DIR/open" ]; do sleep 0.05; done ;;
esac
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s","usage":{"total_tokens":3}}\\n' "$p"
`;
const script = `const tree = await agent('tree', { isolation: 'worktree', label: 'tree' });
const both = await Promise.all([agent('gate'), agent('beside')]);
return { tree: [tree.text, tree.worktree.files], both, last: await agent('last') };
`;
const expected = { tree: ['did tree', ['made by tree.txt']], both: ['did gate', 'did beside'], last: 'did last' };
const prompts = ['beside', 'gate', 'last', 'tree'];

let project: Project;
let trees: string;
afterEach(() => {
  openGate();
  project.remove();
});

function prepare(): void {
  project = new Project({ 'a.js': script, executor });
  chmodSync(join(project.dir, 'executor'), 0o755);
  project.git();
  trees = `${String(process.env['ODW_HOME'])}/points${project.dir.slice(-7)}`;
}

const start = (env: NodeJS.ProcessEnv, ...args: string[]): OdwProcess =>
  startOdw(['exec', ...args], { cwd: project.dir, env: { POINTS_DIR: project.dir, ODW_WORKTREE_ROOT: trees, ...env } });
const startFirst = (env: NodeJS.ProcessEnv = {}) => start(env, '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor');
const resume = (env: NodeJS.ProcessEnv = {}) => start(env, '--resume', 'latest');
const openGate = () => project.write('open', '');
const starts = () => (existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trim().split('\n').sort() : []);
const latest = () => (JSON.parse(readFileSync(join(project.dir, '.odw/runs/latest.json'), 'utf8')) as { run_id: string }).run_id;
const until = async (done: () => boolean) => {
  for (const deadline = Date.now() + 60_000; !done() && Date.now() < deadline;) await sleep(25);
  expect(done()).toBe(true);
};

function expectKilledAt(point: DebugPoint, end: OdwEnd): void {
  expect([end.signal, end.stderr]).toEqual(['SIGKILL', expect.stringContaining(`debug point ${point}: kill`)]);
}

/** What holds of the run that ended last, and of everything that any host left: results, numbers, files, processes, worktrees. */
async function expectWhole(end: OdwEnd): Promise<void> {
  expect([end.code, end.stderr]).toEqual([0, expect.any(String)]);
  const runId = latest();
  expect(project.state(runId)).toMatchObject({ result: expected, activeAgents: {}, failedAgents: {} });
  expect(project.run(runId)).toMatchObject({ status: 'completed', finished_ms: expect.any(Number) as number });
  const records = project.records(runId);
  expect(records.map((record) => record['seq'])).toEqual(records.map((_, n) => n));
  expect(records.at(-1)).toMatchObject({ type: 'exit', code: 0 });
  expect(existsSync(join(project.runDir(runId), 'history.json'))).toBe(true);
  const rebuilt = fileURLToPath(new URL('./rebuilt.mjs', import.meta.url));
  expect(execFileSync(process.execPath, [rebuilt, project.runDir(runId)], { encoding: 'utf8' }).trim()).toBe('equal');
  expect(await leftovers(project.dir, trees)).toEqual([]);
}

const onResume: DebugPoint[] = ['after-rescue'];
const onReplace: DebugPoint[] = ['after-replaced', 'after-clear-executors', 'after-clear-capture', 'after-clear'];
const onLeave: DebugPoint[] = ['after-leave-mark', 'after-leave'];
const others = new Set<DebugPoint>([...onResume, ...onReplace, ...onLeave]);
const onTheWay = (Object.keys(debugPoints) as DebugPoint[]).filter((point) => !others.has(point));

describe('RES-13 EXEC-13 a host killed at a line of the engine', () => {
  it.each(onTheWay)('%s', { timeout: 180_000 }, async (point) => {
    prepare();
    openGate();
    expectKilledAt(point, await startFirst({ ODW_DEBUG_POINT: `${point}:kill` }).end);
    // Before run.json there is no run to resume.
    const recorded = existsSync(join(project.dir, '.odw/runs/latest.json'));
    expect(recorded).toBe(!['after-connect', 'after-run-folder'].includes(point));
    const first = recorded ? latest() : undefined;
    await expectWhole(await (recorded ? resume() : startFirst()).end);
    // Every point before run.json says "completed" leaves the run itself open to be taken up.
    if (recorded && point !== 'after-run-file-end' && point !== 'after-report') expect(latest()).toBe(first);
    expect(starts()).toEqual(prompts);
  });

  it.each(onResume)('%s, as the second of three', { timeout: 180_000 }, async (point) => {
    prepare();
    const first = startFirst();
    await until(() => starts().length === 3);
    first.child.kill('SIGKILL');
    await first.end;
    expectKilledAt(point, await resume({ ODW_DEBUG_POINT: `${point}:kill` }).end);
    openGate();
    await expectWhole(await resume().end);
    expect(starts()).toEqual(prompts);
  });
});

describe('WT-11 RES-02 an open run that an edited script replaces, its host killed', () => {
  for (const before of ['after-worktree-plan', 'after-worktree-add', 'after-worktree-record', 'after-worktree-ready'] as const) {
    it(`${before}: nothing stays of its worktree`, { timeout: 180_000 }, async () => {
      prepare();
      openGate();
      expectKilledAt(before, await startFirst({ ODW_DEBUG_POINT: `${before}:kill` }).end);
      project.write('a.js', `${script}// edited\n`);
      await expectWhole(await resume().end);
      expect(starts()).toEqual(prompts);
    });
  }

  it.each(onReplace)('while an executor works, and the next one %s', { timeout: 180_000 }, async (point) => {
    prepare();
    openGate();
    project.write('hold', '');
    const first = startFirst();
    await until(() => existsSync(trees) && readdirSync(trees, { recursive: true }).some((path) => String(path).endsWith('made by tree.txt')));
    first.child.kill('SIGKILL');
    await first.end;
    const replaced = latest();
    project.write('a.js', `${script}// edited\n`);
    expectKilledAt(point, await resume({ ODW_DEBUG_POINT: `${point}:kill` }).end);
    rmSync(join(project.dir, 'hold'));
    // An executor that nobody had ended yet goes on to its end, and its result is taken.
    const goesOn = point === 'after-replaced';
    if (goesOn) await until(() => readdirSync(join(project.runDir(replaced), 'nodes'), { recursive: true }).some((path) => basename(String(path)) === 'code'));
    await expectWhole(await resume().end);
    expect(project.run(replaced).status).toBe('cancelled');
    if (goesOn) return expect(starts()).toEqual(prompts);
    // Its node had not ended, so it runs again; the work of the first time is kept.
    expect(starts()).toEqual([...prompts, 'tree']);
    const patches = readdirSync(join(project.runDir(replaced), 'diffs')).map((name) => readFileSync(join(project.runDir(replaced), 'diffs', name), 'utf8'));
    expect(patches).toEqual([expect.stringContaining('made by tree.txt')]);
  });

  // What an executor had finished is taken before anything is cleared away, so there is nothing left to capture then.
  it.each(onReplace.filter((point) => point !== 'after-clear-capture'))('before the capture, and the next one %s', { timeout: 180_000 }, async (point) => {
    prepare();
    openGate();
    expectKilledAt('before-capture', await startFirst({ ODW_DEBUG_POINT: 'before-capture:kill' }).end);
    project.write('a.js', `${script}// edited\n`);
    expectKilledAt(point, await resume({ ODW_DEBUG_POINT: `${point}:kill` }).end);
    await expectWhole(await resume().end);
    expect(starts()).toEqual(prompts);
  });
});

describe('CLI-04 a host that was asked to leave, killed', () => {
  it.each(onLeave)('%s', { timeout: 180_000 }, async (point) => {
    prepare();
    const first = startFirst({ ODW_DEBUG_POINT: `${point}:kill` });
    await until(() => starts().length === 3);
    first.child.kill('SIGINT');
    expectKilledAt(point, await first.end);
    openGate();
    await expectWhole(await resume().end);
    // The executor that was ended had not finished, and has no session to go on in; one that lives is adopted.
    expect(starts()).toEqual(point === 'after-leave' ? ['beside', 'gate', 'gate', 'last', 'tree'] : prompts);
  });
});

describe('a debug point', () => {
  it('pauses the process until it is told to go on', { timeout: 120_000 }, async () => {
    prepare();
    openGate();
    const run = startFirst({ ODW_DEBUG_POINT: 'after-executor-start:pause:2' });
    await run.untilPaused('after-executor-start');
    expect(starts()).not.toContain('last');
    run.child.kill('SIGCONT');
    await expectWhole(await run.end);
  });

  it('that does not exist is refused with the names of those that do', async () => {
    prepare();
    const { code, stderr } = await startFirst({ ODW_DEBUG_POINT: 'after-lunch:kill' }).end;
    expect([code, stderr]).toEqual([2, expect.stringMatching(/"after-lunch:kill"; expected NAME:kill .*after-run-folder, after-run-file/s)]);
    expect(starts()).toEqual([]);
  });
});
