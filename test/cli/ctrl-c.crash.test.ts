import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { processesNaming } from '../support/leftovers.ts';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';

// "hangs" neither ends nor hears SIGTERM until the test opens the gate; its helper has a session of its own.
const executor = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
p=$(cat "$f")
echo "$p" >> starts
if [ "$p" = hangs ] && [ ! -e open ]; then
  trap '' TERM
  setsid sh -c "trap '' TERM; sleep 300 # $PWD/helper" &
  while [ ! -e open ]; do sleep 0.05; done
fi
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s"}\\n' "$p"
`;
const script = `const all = await Promise.all([agent('quick'), agent('hangs')]); return [...all, await agent('last')];`;
const result = ['did quick', 'did hangs', 'did last'];

let project: Project;
afterEach(() => {
  project.write('open', '');
  project.remove();
});

const lines = (name: string) => (existsSync(join(project.dir, name)) ? readFileSync(join(project.dir, name), 'utf8').trim().split('\n').sort() : []);
const until = async (done: () => boolean) => {
  for (const deadline = Date.now() + 60_000; !done() && Date.now() < deadline;) await sleep(25);
  expect(done()).toBe(true);
};
const resume = (id = 'latest') => startOdw(['exec', '--resume', id], { cwd: project.dir });

async function startHanging(): Promise<OdwProcess> {
  project = new Project({ 'a.js': script, executor });
  chmodSync(join(project.dir, 'executor'), 0o755);
  const run = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor'], { cwd: project.dir });
  await until(() => lines('starts').length === 2);
  await run.until(/\[node\] done {2}\S* ?\/ agent-1|done .*agent-1/, 60_000);
  return run;
}

describe('Ctrl-C', () => {
  it('CLI-04 EXEC-13 once: an executor that does not end within the grace time is ended, its node stays open', { timeout: 180_000 }, async () => {
    const run = await startHanging();
    run.child.kill('SIGINT');
    await run.until(/SIGINT: no new node is started; leaving the run open/);
    const end = await run.end;
    expect([end.code, end.stderr]).toEqual([130, expect.stringMatching(/the run stays open\. Go on with: odw exec --path \S+ --resume odw-exec-/)]);
    await until(() => processesNaming(project.dir).length === 0);
    expect(project.run(end.runId as string)).toMatchObject({ status: 'interrupted', finished_ms: null });
    expect(project.state(end.runId as string)).toMatchObject({ agents: expect.any(Object) as object, failedAgents: {} });
    project.write('open', '');
    expect(await resume().end).toMatchObject({ code: 0, runId: end.runId });
    expect(project.state(end.runId as string).result).toEqual(result);
    expect(lines('starts')).toEqual(['hangs', 'hangs', 'last', 'quick']);
  });

  for (const second of ['SIGINT', 'SIGTERM'] as const) {
    it(`CLI-04 then ${second}: the executors are killed and odw ends at once; the run goes on all the same`, { timeout: 180_000 }, async () => {
      const run = await startHanging();
      run.child.kill('SIGINT');
      await run.until(/Once more ends at once/);
      run.child.kill(second);
      const end = await run.end;
      expect(end.code).toBe(second === 'SIGINT' ? 130 : 143);
      expect(end.stderr).not.toContain('the run stays open. Go on with');
      expect(end.stderr).toContain(`ended at once; the run goes on with: odw exec --path ${project.dir} --resume ${String(end.runId)}\n`);
      await until(() => processesNaming(project.dir).length === 0);
      project.write('open', '');
      expect(await resume().end).toMatchObject({ code: 0, runId: end.runId });
      expect(project.state(end.runId as string).result).toEqual(result);
      expect(lines('starts')).toEqual(['hangs', 'hangs', 'last', 'quick']);
    });
  }
});

describe('Ctrl-C when the run has closed', () => {
  const script = `return (await agent('quick')).length`;
  const flags = ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor'];
  const closed = async () => {
    project = new Project({ 'a.js': script, executor });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const run = startOdw(flags, { cwd: project.dir, env: { ODW_DEBUG_POINT: 'after-run-close:pause' } });
    await run.untilPaused('after-run-close');
    return run;
  };

  it('CLI-04 says that it has, and writes its files', { timeout: 120_000 }, async () => {
    const run = await closed();
    run.child.kill('SIGINT');
    run.child.kill('SIGCONT');
    const end = await run.end;
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining('SIGINT: the run has ended, and its files are being written. Once more ends at once')]);
    expect(project.run(end.runId as string)).toMatchObject({ status: 'completed', finished_ms: expect.any(Number) as number });
    expect(existsSync(join(project.runDir(end.runId as string), 'report.html'))).toBe(true);
  });
});

describe('Ctrl-C in a terminal, which reaches everything in the foreground', () => {
  // A git that says which command it is at, and takes its time there.
  const git = (command: string) => `#!/bin/sh
PATH='${String(process.env['PATH'])}'
case " $* " in *" ${command} "*) touch "$MARKS/at"; sleep 1 ;; esac
exec git "$@"
`;
  const interruptAt = async (command: string) => {
    project = new Project({ 'a.js': `return (await agent('quick', { isolation: 'worktree' })).text`, executor, 'bin/git': git(command) }).git();
    for (const program of ['executor', 'bin/git']) chmodSync(join(project.dir, program), 0o755);
    const env = { MARKS: project.dir, PATH: `${join(project.dir, 'bin')}:${String(process.env['PATH'])}` };
    const args = ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor'];
    const run = startOdw(args, { cwd: project.dir, env, detached: true });
    await until(() => existsSync(join(project.dir, 'at')));
    process.kill(-run.child.pid!, 'SIGINT');
    const end = await run.end;
    expect([end.code, end.stderr]).toEqual([130, expect.stringContaining('the run stays open. Go on with: odw exec')]);
    return {
      runId: end.runId as string,
      resume: () => startOdw(['exec', '--resume', 'latest'], { cwd: project.dir, env: { ...env, PATH: process.env['PATH'] } }).end,
    };
  };

  it('CLI-04 while a worktree is made: nothing starts any more, and the node goes on with the resume', { timeout: 180_000 }, async () => {
    const { runId, resume } = await interruptAt('read-tree --reset');
    expect(project.state(runId)).toMatchObject({ failedAgents: {} });
    expect(await resume()).toMatchObject({ code: 0, runId });
    expect(project.state(runId).result).toBe('did quick');
    expect(project.events(runId).filter(({ type }) => type === 'agent_start')).toHaveLength(1);
  });

  it('CLI-04 WT-09 while finished work is captured: it is captured', { timeout: 180_000 }, async () => {
    const { runId, resume } = await interruptAt('write-tree');
    expect(project.state(runId)).toMatchObject({ failedAgents: {} });
    expect(await resume()).toMatchObject({ code: 0, runId });
    expect(project.state(runId)).toMatchObject({ result: 'did quick', failedAgents: {} });
  });
});

describe('two hosts at once', () => {
  it('RES-02 of a run that has none: one hosts it, the other says so and follows; both tell its end', { timeout: 180_000 }, async () => {
    const first = await startHanging();
    first.child.kill('SIGKILL');
    await first.end;
    const both = [resume(), resume()];
    await until(() => both.some((one) => /hosts this run; following it, and taking over when it ends/.test(one.text())));
    project.write('open', '');
    const ends = await Promise.all(both.map((one) => one.end));
    expect(ends.map((end) => end.code)).toEqual([0, 0]);
    expect(ends.filter((end) => end.stderr.includes('following it'))).toHaveLength(1);
    expect(ends.every((end) => end.stdout.includes('[workflow] done'))).toBe(true);
    expect(new Set(ends.map((end) => end.runId)).size).toBe(1);
    expect(project.state(ends[0]!.runId as string).result).toEqual(result);
    expect(lines('starts')).toEqual(['hangs', 'last', 'quick']);
  });

  it('RES-02 of which one was on a machine that is gone: the other says which file to delete, and takes the run over then', { timeout: 180_000 }, async () => {
    const first = await startHanging();
    first.child.kill('SIGKILL');
    const { runId } = await first.end;
    const lock = join(project.runDir(runId as string), 'host.lock');
    writeFileSync(lock, JSON.stringify({ host: 'a-container-that-is-gone', pid: 7, start: '7' }));
    const second = resume();
    await second.until(/process 7 on a-container-that-is-gone hosts this run; .*gone for good, delete (\S+host\.lock)/);
    project.write('open', '');
    rmSync(lock);
    expect(await second.end).toMatchObject({ code: 0, runId });
    expect(project.state(runId as string).result).toEqual(result);
    expect(lines('starts')).toEqual(['hangs', 'last', 'quick']);
  });
});
