import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runtimeOfModel, chooseForSession } from '../../pandacode/cli/choose-runtime.ts';
import { lastLines } from '../../pandacode/events/last-lines.ts';
import { readTask } from '../../pandacode/cli/task-source.ts';
import { ProcessFamily } from '../../pandacode/process/family.ts';
import { markVariable, markedProcesses } from '../../pandacode/process/marked-processes.ts';
import { IdentityFiles } from '../../pandacode/run/identity-files.ts';
import { identityIsAlive, livingChildren, newIdentity, readIdentity, writeIdentity } from '../../pandacode/run/run-identity.ts';
import { sessionPaths } from '../../pandacode/state/layout.ts';
import { lockSession } from '../../pandacode/state/session-lock.ts';
import { latestSession, listRecords, readRecord, saveRecord, type SessionRecord } from '../../pandacode/state/session-record.ts';
import { removeWorkspaces, runs, until, workspace } from '../support/pandacode.ts';

afterAll(removeWorkspaces);

function record(runtime: 'claude' | 'codex', session: string): SessionRecord {
  return {
    runtime,
    session,
    driver: 'd',
    workspace: '/w',
    run_id: null,
    thread_id: null,
    thread_path: null,
    model: null,
    effort: null,
    permission: 'max',
    state: 'idle',
    artifacts: {},
    history: [],
    created_ms: 1,
    updated_ms: 1,
    tmux_name: null,
  };
}

const about = { dispatch_id: 'd', runtime: 'claude', session: 's', workspace: '/w', report_file: null, events_file: null, started_ms: 1, mark: 'm' };

describe('session records', () => {
  it('PC-STATE-03 latest follows the session that was saved last, of one runtime or of all', () => {
    const state = workspace();
    for (const [runtime, session] of [
      ['claude', 'a:1'],
      ['claude', 'b'],
      ['codex', 'c'],
    ] as const)
      saveRecord(state, record(runtime, session));
    expect([latestSession(state), latestSession(state, 'claude'), latestSession(state, 'bamboo')]).toMatchObject([
      { runtime: 'codex', session: 'c' },
      { session: 'b' },
      undefined,
    ]);
    expect(readRecord(state, 'claude', 'a:1')?.session).toBe('a:1');
    expect(
      listRecords(state, 'claude')
        .map((one) => one.session)
        .sort(),
    ).toEqual(['a:1', 'b']);
    expect(chooseForSession({ session: 'latest' }, state, {})).toBe('codex');
    expect(chooseForSession({ session: 'b' }, state, {})).toBe('claude');
    expect(chooseForSession({ session: 'b' }, state, { PANDACODE_RUNTIME: 'codex' })).toBe('codex');
  });

  it('a broken record counts as none', () => {
    const state = workspace();
    const { record: path } = sessionPaths(state, 'claude', 's');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"half');
    expect([readRecord(state, 'claude', 's'), listRecords(state, 'claude')]).toEqual([undefined, []]);
  });

  it('PC-AUTO-02 an unknown session or runtime is refused', () => {
    expect(() => chooseForSession({ session: 'x' }, workspace(), {})).toThrow('no session x');
    expect(() => chooseForSession({ session: 'latest' }, workspace(), {})).toThrow('no session');
    expect(() => chooseForSession({ session: 'x', runtime: 'gemini' }, workspace(), {})).toThrow('the runtime must be');
    expect([runtimeOfModel('FABLE'), runtimeOfModel('gpt-6-sol'), runtimeOfModel('o4-mini'), runtimeOfModel('kimi-k3')]).toEqual([
      'claude',
      'codex',
      'codex',
      undefined,
    ]);
  });
});

describe('identities', () => {
  it('PC-ADOPT-03 a process is known by pid, start and boot together', () => {
    const identity = newIdentity(about);
    expect(identityIsAlive(identity)).toBe(true);
    for (const other of [{ start_id: '1' }, { boot_id: 'another' }, { state: 'exited' as const }, { pid: 2 ** 22 - 1 }])
      expect(identityIsAlive({ ...identity, ...other })).toBe(false);
    expect(
      livingChildren({
        ...identity,
        children: [
          { pid: process.pid, start_id: identity.start_id },
          { pid: process.pid, start_id: '1' },
        ],
      }),
    ).toHaveLength(1);
  });

  it('PC-ADOPT-04 the files are written at once, on a new child, and at the end', () => {
    const file = join(workspace(), 'deep', 'pid.json');
    const family = new ProcessFamily('m');
    const files = new IdentityFiles([file], newIdentity(about), family);
    expect(readIdentity(file)).toMatchObject({ state: 'running', children: [] });
    const child = spawn('sleep', ['1000'], { detached: true });
    family.add(child.pid!);
    expect(readIdentity(file)?.children).toMatchObject([{ pid: child.pid }]);
    child.kill('SIGKILL');
    files.exited();
    family.close();
    expect(readIdentity(file)?.state).toBe('exited');
    expect(readIdentity(join(dirname(file), 'none.json'))).toBeUndefined();
  });

  it('PC-STATE-04 the lock of a dead run is broken and its children are ended first', async () => {
    const state = workspace();
    const orphan = spawn('sleep', ['1000'], { detached: true, env: { ...process.env, [markVariable]: 'orphan-of-test' } });
    await until(() => markedProcesses('orphan-of-test').length === 1, 'the orphan');
    const paths = sessionPaths(state, 'claude', 's');
    mkdirSync(dirname(paths.identity), { recursive: true });
    writeIdentity(paths.identity, { ...newIdentity({ ...about, mark: 'orphan-of-test' }), start_id: '1' });
    const release = await lockSession(state, 'claude', 's');
    expect(runs(orphan.pid!)).toBe(false);
    await expect(lockSession(state, 'claude', 's')).rejects.toMatchObject({ slug: 'executor-session-busy' });
    release();
    expect([existsSync(paths.lock), existsSync(paths.identity)]).toEqual([false, false]);
    (await lockSession(state, 'claude', 's'))();
  });
});

describe('the family of a run', () => {
  it('PC-KILL-03 knows a process that left its parent before anyone looked', async () => {
    const family = new ProcessFamily(`runaway-${process.pid}-${Date.now()}`);
    // The middle process ends at once; its child has a session of its own and another parent.
    const middle = spawn('sh', ['-c', 'setsid sleep 1000 & echo $!'], {
      detached: true,
      env: { ...process.env, [markVariable]: family.mark },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    await new Promise((resolve) => middle.once('exit', resolve));
    family.add(middle.pid!);
    await until(() => markedProcesses(family.mark).length === 1, 'the runaway');
    const [runaway] = markedProcesses(family.mark);
    expect(await family.endLeftovers(500)).toEqual([expect.stringContaining(`pid ${runaway!.pid}`)]);
    expect(runs(runaway!.pid)).toBe(false);
    expect(await family.endLeftovers(500)).toEqual([]);
  });
});

describe('input', () => {
  it('PC-CLI-02 PC-CLI-03 exactly one task source, of any size, found from here or from the workspace', async () => {
    const ws = workspace();
    const text = 'ä'.repeat(3 * 1024 * 1024);
    writeFileSync(join(ws, 'task.md'), text);
    const source = { positional: undefined, task: undefined, taskFile: undefined, workspace: ws };
    expect(await readTask({ ...source, taskFile: 'task.md' })).toBe(text);
    expect(await readTask({ ...source, task: 'x' })).toBe('x');
    await expect(readTask(source)).rejects.toThrow("pass --task, --task-file, or '-' to read task from stdin");
    await expect(readTask({ ...source, task: 'x', taskFile: 'task.md' })).rejects.toThrow('pass exactly one task source: got --task and --task-file');
    await expect(readTask({ ...source, positional: 'do it' })).rejects.toThrow('unexpected argument "do it"');
    await expect(readTask({ ...source, task: '  ' })).rejects.toThrow('is empty');
  });

  it('PC-CMD-02 the end of a large file is read without the rest', () => {
    const file = join(workspace(), 'log');
    writeFileSync(file, `${'x'.repeat(1024 * 1024)}\n${Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n')}\n`);
    expect(lastLines(file, 2)).toEqual(['line 48', 'line 49']);
    expect([lastLines(file, 0), lastLines(`${file}.none`, 5)]).toEqual([[], []]);
    expect(readFileSync(file, 'utf8')).toHaveLength(1024 * 1024 + 391);
  });
});
