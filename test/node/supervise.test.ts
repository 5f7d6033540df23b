import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endStep } from '../../activities/executor/end-step.ts';
import { bootedSince, inspectNode, readCode } from '../../activities/executor/inspect.ts';
import { recentProcessTable } from '../../activities/executor/recent-table.ts';
import { supervise } from '../../activities/executor/supervise.ts';
import { waitForStep } from '../../activities/executor/wait.ts';
import { fileSize } from '../../activities/run-node/read-file.ts';
import { identify, isAlive, readProcess } from '../../system/process-table.ts';
import { fixture, lines, onCleanup, tempDir, until } from './support.ts';

/** Starts a command supervised, in a fresh folder, and makes sure that it is gone after the test. */
async function start(...argv: string[]): Promise<{ dir: string; pid: number; child: Awaited<ReturnType<typeof supervise>> }> {
  const dir = tempDir();
  const child = await supervise(dir, argv, { cwd: dir, env: { ...process.env, ODW_FIXTURE_DIR: dir } });
  const pid = child.pid!;
  onCleanup(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // already gone
    }
  });
  await until(() => inspectNode(dir) !== 'none', 'the pid file');
  return { dir, pid, child };
}

describe('a supervised command', () => {
  it('EXEC-17 leaves exit code, output and its process in files', async () => {
    const { dir, child } = await start('sh', '-c', 'echo to-out; echo to-err >&2; exit 7');
    expect(await waitForStep(dir, { child })).toEqual({ finished: { code: 7 } });
    expect(readFileSync(join(dir, 'out'), 'utf8')).toBe('to-out\n');
    expect(readFileSync(join(dir, 'err'), 'utf8')).toBe('to-err\n');
    expect(inspectNode(dir)).toEqual({ finished: { code: 7 } });
    expect(bootedSince(dir)).toBe(false);
  });

  it('EXEC-17 runs in a session and process group of its own', async () => {
    const { dir, pid } = await start('sleep', '30');
    expect(inspectNode(dir)).toEqual({ running: { pid, start: readProcess(pid)!.start, group: pid } });
    expect(readProcess(pid)!.group).toBe(pid);
    expect(readProcess(process.pid)!.group).not.toBe(pid);
  });

  it('records the code of a signal that hits the whole group', async () => {
    const { dir, pid, child } = await start('sh', '-c', 'echo up; exec sleep 30');
    await until(() => fileSize(join(dir, 'out')) > 0);
    process.kill(-pid, 'SIGTERM');
    expect(await waitForStep(dir, { child })).toEqual({ finished: { code: 143, signal: 'SIGTERM' } });
  });

  it('is alive as long as its group is, when the supervisor alone was killed; then lost', async () => {
    const { dir, pid } = await start('sh', '-c', 'echo $$ >>"$ODW_FIXTURE_DIR/pids"; sleep 30; true');
    await until(() => lines(join(dir, 'pids')).length === 1);
    process.kill(pid, 'SIGKILL');
    await until(() => !identify(pid), 'the supervisor to end');
    expect(inspectNode(dir)).toMatchObject({ running: { group: pid } });
    const waiting = waitForStep(dir, { livenessMs: 50 });
    process.kill(-pid, 'SIGKILL');
    expect(await waiting).toBe('lost');
    expect(inspectNode(dir)).toBe('lost');
  });

  it('is alive by its group also when it was started after the process table was last read', async () => {
    const dir = tempDir();
    const child = await supervise(dir, ['sh', '-c', 'echo up; sleep 30; true'], { cwd: dir, env: process.env });
    onCleanup(() => process.kill(-child.pid!, 'SIGKILL'));
    // A shell may open the output file before it forks: only what is in it shows that the command runs.
    while (fileSize(join(dir, 'out')) === 0) recentProcessTable();
    const group = child.pid!;
    process.kill(group, 'SIGKILL');
    await until(() => !identify(group), 'the supervisor to end');
    expect(inspectNode(dir)).toMatchObject({ running: { group } });
  });

  it('runs a command once although two supervisors were started in one folder', async () => {
    const dir = tempDir();
    const options = { cwd: dir, env: { ...process.env, ODW_FIXTURE_DIR: dir } };
    const argv = ['sh', '-c', 'echo x >>"$ODW_FIXTURE_DIR/runs"; sleep 0.2'];
    const children = await Promise.all([1, 2, 3, 4].map(() => supervise(dir, argv, options)));
    const ends = await Promise.all(children.map((child) => waitForStep(dir, { child })));
    expect(ends).toEqual(Array(4).fill({ finished: { code: 0 } }));
    expect(lines(join(dir, 'runs'))).toEqual(['x']);
  });

  it('hands quotes, spaces and newlines to the command unchanged', async () => {
    const args = ['two words', "it's", '"$HOME"', 'new\nline', '', '-n', '\\t'];
    const { dir, child } = await start('node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args);
    await waitForStep(dir, { child });
    expect(JSON.parse(readFileSync(join(dir, 'out'), 'utf8'))).toEqual(args);
  });

  it('gives 127 for a program that does not exist', async () => {
    const { dir, child } = await start('/nowhere/at/all');
    expect(await waitForStep(dir, { child })).toMatchObject({ finished: { code: 127 } });
  });

  it('rejects when the working directory does not exist', async () => {
    await expect(supervise(tempDir(), ['true'], { cwd: '/nowhere/at/all', env: process.env })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('reading a step folder', () => {
  it('an empty folder is "none"', () => {
    expect(inspectNode(tempDir())).toBe('none');
  });

  it('a half-written code file is no code', () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'code'), '14');
    expect(readCode(join(dir, 'code'))).toBeUndefined();
    writeFileSync(join(dir, 'code'), '143 end\n');
    expect(readCode(join(dir, 'code'))).toEqual({ finished: { code: 143, signal: 'SIGTERM' } });
  });

  it('an empty pid file is "none" while it may still be written, then "lost"', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'pid'), '');
    expect(inspectNode(dir)).toBe('none');
    await sleep(600);
    expect(inspectNode(dir)).toBe('lost');
  });

  it.runIf(process.platform === 'linux')('a reused pid is not taken for the supervisor', () => {
    const dir = tempDir();
    const stat = readFileSync('/proc/self/stat', 'latin1').trim();
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    writeFileSync(join(dir, 'pid'), `${stat}\n${boot}`);
    expect(inspectNode(dir)).toMatchObject({ running: { pid: process.pid } });
    const fields = stat.split(' ');
    fields[21] = '1';
    writeFileSync(join(dir, 'pid'), `${fields.join(' ')}\n${boot}`);
    expect(inspectNode(dir)).toBe('lost');
  });

  it.runIf(process.platform === 'linux')('after a new boot of the machine nothing of the folder is alive', () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'pid'), `${readFileSync('/proc/self/stat', 'latin1').trim()}\nanother-boot\n`);
    expect(inspectNode(dir)).toBe('lost');
    expect(bootedSince(dir)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('a zombie supervisor is dead', async () => {
    // The parent shell becomes `sleep`, which never reaps: the zombie stays until it ends.
    const dir = tempDir();
    const record = 'read -r l </proc/$$/stat; read -r b </proc/sys/kernel/random/boot_id; printf "%s\\n%s\\n" "$l" "$b" >pid';
    const parent = spawn('sh', ['-c', `sh -c '${record}' & exec sleep 30`], { cwd: dir, stdio: 'ignore' });
    onCleanup(() => parent.kill('SIGKILL'));
    await until(() => existsSync(join(dir, 'pid')) && readFileSync(join(dir, 'pid'), 'latin1').split('\n').length > 2);
    const pid = Number.parseInt(readFileSync(join(dir, 'pid'), 'latin1'), 10);
    await until(() => readProcess(pid)?.state === 'Z', 'the zombie');
    expect(inspectNode(dir)).toBe('lost');
  });
});

describe('waiting', () => {
  it('notices the end of a step that another process started', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'inner'));
    const child = await supervise(dir, ['sleep', '0.4'], { cwd: dir, env: process.env });
    await until(() => inspectNode(dir) !== 'none');
    // Without the child: only the folder tells.
    expect(await waitForStep(dir)).toEqual({ finished: { code: 0 } });
    expect(child.pid).toBeGreaterThan(0);
  });

  it('ends at its deadline and on abort, and leaves the command alone', async () => {
    const { dir, pid } = await start('sleep', '30');
    expect(await waitForStep(dir, { deadline: Date.now() + 50 })).toBe('deadline');
    expect(await waitForStep(dir, { signal: AbortSignal.timeout(50) })).toBe('aborted');
    expect(identify(pid)).toBeDefined();
  });

  describe('when the clock jumps, as it does on a machine that slept', () => {
    const hour = 3_600_000;
    let ahead = 0;
    beforeEach(() => {
      const now = Date.now;
      ahead = 0;
      vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
    });
    afterEach(() => vi.restoreAllMocks());

    it('EXEC-10 counts no hour that the command did not have', async () => {
      const { dir, child } = await start('sleep', '1.5');
      const waiting = waitForStep(dir, { child, deadline: Date.now() + 600_000 });
      await sleep(100);
      ahead = hour;
      expect(await waiting).toEqual({ finished: { code: 0 } });
    });

    it('EXEC-10 gives it no hour more, and looks for it as before', async () => {
      const [one, other] = [await start('sleep', '30'), await start('sleep', '30')];
      const limited = waitForStep(one.dir, { deadline: Date.now() + 1500 });
      const watched = waitForStep(other.dir, { livenessMs: 100 });
      await sleep(100);
      ahead = -hour;
      expect(await limited).toBe('deadline');
      process.kill(-other.pid, 'SIGKILL');
      expect(await watched).toBe('lost');
    });
  });
});

describe('ending', () => {
  it('EXEC-11 kills one that ignores SIGTERM', async () => {
    const { dir } = await start(process.execPath, fixture('stubborn.mjs'));
    await until(() => lines(join(dir, 'pids')).length === 1);
    const victim = identify(Number(lines(join(dir, 'pids'))[0]))!;
    await endStep(dir, 200);
    expect(isAlive(victim)).toBe(false);
    expect(lines(join(dir, 'terms'))).toEqual(['x']);
  });
});
