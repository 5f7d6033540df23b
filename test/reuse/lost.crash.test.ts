import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

// Each test starts several commands, one after another, and some a server.
vi.setConfig({ testTimeout: 180_000 });

let project: Project;
const homes: string[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await project.odw(['server', 'stop'], { ODW_HOME: home });
  project.remove();
});

// Notes each start by its prompt, works until the file "go" is there when the prompt begins with "wait", and answers.
const working = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
p=$(head -1 "$f")
echo "$p" >> "$NOTES/starts"
case "$p" in wait*) while [ ! -f "$NOTES/go" ]; do sleep 0.05; done;; hang*) exec sleep 600;; esac
echo "made by $p" > made.txt
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s","usage":{"total_tokens":5}}\\n' "$p"
echo "$p" >> "$NOTES/ends"
`;
const notes = (name: string) => (existsSync(join(project.dir, name)) ? readFileSync(join(project.dir, name), 'utf8').trimEnd().split('\n').sort() : []);
const until = async (done: () => boolean) => {
  for (const deadline = Date.now() + 60_000; !done() && Date.now() < deadline;) await sleep(25);
  expect(done()).toBe(true);
};
// The supervisor notes the end a moment after the executor.
const ended = (runId: string, nodes: number) => {
  const folder = join(project.runDir(runId), 'nodes');
  return until(() => readdirSync(folder).filter((name) => existsSync(join(folder, name, '1', 'code'))).length >= nodes);
};

/** Starts a run and kills its host once all given prompts have begun. */
async function killedRun(script: string, prompts: number, env: NodeJS.ProcessEnv = {}): Promise<string> {
  project = new Project({ 'a.js': script, executor: working }).git();
  chmodSync(join(project.dir, 'executor'), 0o755);
  const host = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report'], {
    cwd: project.dir,
    env: { ...env, NOTES: project.dir },
  });
  await until(() => notes('starts').length === prompts);
  host.child.kill('SIGKILL');
  return (await host.end).runId as string;
}
const resume = (runId: string, env: NodeJS.ProcessEnv = {}, ...flags: string[]) =>
  project.odw(['exec', '--resume', runId, '--no-report', ...flags], { ...env, NOTES: project.dir });
const home = (name: string) => {
  const dir = join(project.dir, name);
  homes.push(dir);
  return { ODW_HOME: dir };
};

describe('an open run that an edited script replaces', () => {
  it('RES-13 PAIN-01 what executors finished while nobody looked is taken, worktrees and named nodes too', async () => {
    const script = (last: string) =>
      `return Promise.all([agent('wait a'), agent('wait b', { id: 'b' }), agent('wait c', { isolation: 'worktree' }), agent('${last}')])`;
    const runId = await killedRun(script('hang d'), 4);
    writeFileSync(join(project.dir, 'go'), '');
    await ended(runId, 3);
    project.write('a.js', script('quick e'));
    const end = await resume(runId);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain('3 executors had ended when nobody looked: what they made is taken');
    expect(notes('starts')).toEqual(['hang d', 'quick e', 'wait a', 'wait b', 'wait c']);
    const state = project.state(end.runId as string);
    expect(state.result).toEqual([
      'did wait a',
      'did wait b',
      { text: 'did wait c', worktree: expect.objectContaining({ changed: true, files: ['made.txt'] }) as object },
      'did quick e',
    ]);
    expect(state.budget.spent).toBe(20);
    expect(project.run(runId).status).toBe('cancelled');
  });
});

describe('a run whose server is gone', () => {
  it('RES-08 RES-13 an open one: finished nodes are taken from its folder, and it says so', async () => {
    const script = `return Promise.all([agent('one'), agent('two', { id: 'b' }), agent('wait c')])`;
    const own = { ODW_HOME: mkdtempSync(join(tmpdir(), 'odw-home-')) };
    const runId = await killedRun(script, 3, own);
    homes.push(own.ODW_HOME);
    writeFileSync(join(project.dir, 'go'), '');
    await ended(runId, 3);
    await project.odw(['server', 'stop'], own);
    rmSync(join(own.ODW_HOME, 'server'), { recursive: true });
    const end = await resume(runId, own);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain(`the server no longer knows run ${runId}, which was open: its finished results are taken from its folder`);
    expect(notes('starts')).toEqual(['one', 'two', 'wait c']);
    expect(project.state(end.runId as string)).toMatchObject({ result: ['did one', 'did two', 'did wait c'], budget: { spent: 15 } });
    expect(project.run(runId)).toMatchObject({ status: 'cancelled', error: { message: `its server lost it; ${end.runId} goes on` } });
    rmSync(own.ODW_HOME, { recursive: true, force: true, maxRetries: 5 });
  });
});

describe('a run on another server', () => {
  it('RES-02 is refused while it is open there, with both ways out; a closed one goes on anywhere', async () => {
    const runId = await killedRun(`return [await agent('one'), await agent('wait two')]`, 2);
    const other = home('other');
    const refused = await resume(runId, other);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`run ${runId} is open on the server of ODW_HOME=\\S+; this command would use 127\\.0\\.0\\.1:`));
    expect(refused.stderr).toMatch(/Go on there: ODW_HOME=\S+ odw exec --resume \S+\. When that server is gone for good, pass --server-lost/);
    expect(project.run(runId).status).not.toBe('cancelled');

    writeFileSync(join(project.dir, 'go'), '');
    expect((await resume(runId)).code).toBe(0);
    const elsewhere = await resume(runId, other);
    expect(elsewhere.code, elsewhere.stderr).toBe(0);
    expect(elsewhere.stderr).toMatch(new RegExp(`run ${runId} was made on the server of ODW_HOME=\\S+; its results are taken from its folder`));
    expect(notes('starts')).toEqual(['one', 'wait two']);
  });

  it('RES-02 one whose server does not answer is refused too, unless it is said to be lost', async () => {
    const runId = await killedRun(`return [await agent('one'), await agent('hang two')]`, 2);
    const file = join(project.runDir(runId), 'run.json');
    const { engine_home: _home, ...run } = JSON.parse(readFileSync(file, 'utf8')) as { engine_home?: string };
    // Port 9 answers nobody.
    writeFileSync(file, JSON.stringify({ ...run, address: 'localhost:9', namespace: 'team' }));
    const other = home('other');
    const refused = await resume(runId, other);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('was open on the server at localhost:9 (namespace team), which does not answer') as string,
    ]);
    expect(refused.stderr).toContain('TEMPORAL_ADDRESS=localhost:9 TEMPORAL_NAMESPACE=team odw exec --resume');
    project.write('a.js', `return [await agent('one'), await agent('quick two')]`);
    const end = await resume(runId, other, '--server-lost');
    expect(end.code, end.stderr).toBe(0);
    expect(notes('starts')).toEqual(['hang two', 'one', 'quick two']);
    expect(project.state(end.runId as string).result).toEqual(['did one', 'did quick two']);
  });
});
