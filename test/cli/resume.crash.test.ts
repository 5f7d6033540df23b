import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

// Notes each start by its prompt, then works for the seconds that the prompt names.
const counting = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
p=$(cat "$f")
echo "$p" >> starts
sleep "\${p##* }"
echo "$p" >> ends
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s","usage":{"total_tokens":5}}\\n' "$p"
`;

const script = `const a = await agent('first 0');
const [b, c] = await Promise.all([agent('short 2'), agent('long 5')]);
return [a, b, c, await agent('last 0')];
`;
const expected = ['did first 0', 'did short 2', 'did long 5', 'did last 0'];

function counted(source = script): Project {
  project = new Project({ 'a.js': source, executor: counting });
  chmodSync(join(project.dir, 'executor'), 0o755);
  return project;
}

const start = (...args: string[]): OdwProcess => startOdw(['exec', '--backend', 'pandacode', '--pandacode-bin', './executor', ...args], { cwd: project.dir });
const lines = (name: string) => (existsSync(join(project.dir, name)) ? readFileSync(join(project.dir, name), 'utf8').trimEnd().split('\n').sort() : []);
const until = async (done: () => boolean) => {
  for (const deadline = Date.now() + 30_000; !done() && Date.now() < deadline;) await sleep(25);
  expect(done()).toBe(true);
};
const onceEach = () => expect(lines('starts')).toEqual(['first 0', 'last 0', 'long 5', 'short 2']);

describe('a run outlives its host', () => {
  it('RES-02 RES-13 EXEC-13 after kill -9 the same run goes on; finished nodes are kept, running executors adopted', async () => {
    counted();
    const first = start('--script', 'a.js');
    await until(() => lines('starts').length === 3);
    first.child.kill('SIGKILL');
    await first.end;
    const id = (JSON.parse(readFileSync(join(project.dir, '.odw/runs/latest.json'), 'utf8')) as { run_id: string }).run_id;
    expect((await project.odw(['runs', 'list'])).stdout).toContain('"status": "interrupted"');
    await until(() => lines('ends').includes('short 2')); // ends while nobody looks
    const second = await project.odw(['exec', '--resume', 'latest']);
    expect([second.code, second.runId]).toEqual([0, id]);
    expect(project.state(id)).toMatchObject({ result: expected, budget: { spent: 20 } });
    expect(project.run(id)).toMatchObject({ status: 'completed', census: { ok: 4 } });
    onceEach();
    const seqs = project.records(id).map((record) => record['seq']);
    expect(seqs).toEqual(seqs.map((_, n) => n));
  });

  it('CLI-04 the first Ctrl-C stops dispatch, lets executors end, keeps the run open, and says how to go on', async () => {
    counted();
    const first = start('--script', 'a.js');
    await until(() => lines('starts').length === 3);
    first.child.kill('SIGINT');
    const end = await first.end;
    expect(end.code).toBe(130);
    expect(end.stderr).toMatch(/the run stays open\. Go on with: odw exec --path \S+ --resume odw-exec-/);
    expect(lines('starts')).not.toContain('last 0');
    expect(lines('ends')).toEqual(['first 0', 'long 5', 'short 2']);
    expect(project.run(end.runId as string).status).toBe('interrupted');
    const second = await project.odw(['exec', '--resume', end.runId as string]);
    expect(second.code).toBe(0);
    expect(project.state(end.runId as string).result).toEqual(expected);
    onceEach();
  });

  it('a second host follows the first, and takes over when it dies', async () => {
    counted();
    const first = start('--script', 'a.js');
    await until(() => lines('starts').length === 3);
    const second = startOdw(['exec', '--resume', 'latest'], { cwd: project.dir });
    await second.until(/hosts this run; following it/);
    first.child.kill('SIGKILL');
    const end = await second.end;
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('[workflow] done a');
    expect(project.state(end.runId as string).result).toEqual(expected);
    onceEach();
  });

  it('goes on when the server was killed: it is brought back, and nothing is lost', async () => {
    counted();
    // A server of its own, so that no other test brings it back.
    const env = { ODW_HOME: join(project.dir, 'home') };
    const first = startOdw(['exec', '--backend', 'pandacode', '--pandacode-bin', './executor', '--script', 'a.js'], { cwd: project.dir, env });
    await until(() => lines('starts').length === 3);
    const server = JSON.parse(readFileSync(join(env.ODW_HOME, 'server.json'), 'utf8')) as { pid: number };
    process.kill(server.pid, 'SIGKILL');
    const end = await first.end;
    await project.odw(['server', 'stop'], env);
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/lost the Temporal server at \S+; the run goes on when it is back/);
    expect(project.state(end.runId as string).result).toEqual(expected);
    onceEach();
  });

  it('a run whose host died before the server had it starts under its own id', async () => {
    counted();
    const first = start('--script', 'a.js');
    await until(() => lines('starts').length === 1);
    first.child.kill('SIGKILL');
    const { runId } = await first.end;
    const dir = project.runDir(runId as string);
    // As a kill right after the folder was made leaves it: no execution on the server, nothing but the launch record.
    const fresh = `${runId}-0`;
    const run = { ...project.run(runId as string), run_id: fresh, run_dir: project.runDir(fresh), temporal_run_id: null };
    mkdirSync(project.runDir(fresh));
    for (const file of ['input.raw', 'script.js']) copyFileSync(join(dir, file), join(project.runDir(fresh), file));
    writeFileSync(join(project.runDir(fresh), 'run.json'), JSON.stringify(run));
    writeFileSync(join(project.runDir(fresh), 'events.jsonl'), readFileSync(join(dir, 'events.jsonl'), 'utf8').split('\n')[0] + '\n');
    const second = await project.odw(['exec', '--resume', fresh]);
    expect([second.code, second.runId]).toEqual([0, fresh]);
    expect(second.stderr).toContain('had not reached the server yet: it starts now');
    expect(project.state(fresh).result).toEqual(expected);
    await project.odw(['exec', '--resume', runId as string]);
  });

  it('a run that ends with nodes still in flight leaves no executor behind', async () => {
    counted(`const later = agent('long 60'); await agent('first 0'); return 'early'`);
    const first = start('--script', 'a.js', '--json');
    const end = await first.end;
    expect(end).toMatchObject({ code: 0, stdout: '"early"\n' });
    await sleep(300);
    expect(lines('ends')).toEqual(['first 0']);
    const pids = readFileSync(join(project.dir, '.odw/runs/latest.json'), 'utf8');
    expect(pids).toContain('"status": "completed"');
  });
});

describe('a closed or edited run', () => {
  const two = `return [await agent('one 0'), await agent('two 0', { id: 'second' })]`;

  it('RES-03 RES-04 RES-06 a new run reuses finished results by content and keeps the recorded options', async () => {
    counted(two);
    const first = await start('--script', 'a.js', '--model', 'm1', '--effort', 'high', '--timeout', '60').end;
    const second = await project.odw(['exec', '--resume', first.runId as string]);
    expect(second.code).toBe(0);
    expect(second.runId).toMatch(/^odw-exec-resume-/);
    expect(second.stdout).toMatch(/\[node\] skip {2}\/ agent-1 \/ - cached=true\n\[node\] skip {2}\/ agent-2 \/ - cached=true/);
    expect(project.run(second.runId as string)).toMatchObject({
      backend: 'pandacode',
      model: 'm1',
      effort: 'high',
      resumed_from: first.runId,
      census: { cached: 2 },
    });
    expect(lines('starts')).toEqual(['one 0', 'two 0']);
    expect(project.state(second.runId as string).budget.spent).toBe(10);
  });

  it('KEY-05 COMPAT-12 an edited prompt runs again, its sibling does not', async () => {
    counted(two);
    await start('--script', 'a.js').end;
    project.write('a.js', two.replace('two 0', 'changed 0'));
    const second = await project.odw(['exec', '--resume', 'latest']);
    expect(project.state(second.runId as string).result).toEqual(['did one 0', 'did changed 0']);
    expect(lines('starts')).toEqual(['changed 0', 'one 0', 'two 0']);
  });

  it('RES-02 an open run whose script was edited is closed and its results reused', async () => {
    counted(`await agent('one 0'); return await agent('slow 30')`);
    const first = start('--script', 'a.js');
    await until(() => lines('starts').includes('slow 30'));
    first.child.kill('SIGKILL');
    await first.end;
    project.write('a.js', `await agent('one 0'); return await agent('fast 0')`);
    const second = await project.odw(['exec', '--resume', 'latest']);
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/was open with another script: it is closed, and its finished nodes are reused/);
    expect(lines('starts')).toEqual(['fast 0', 'one 0', 'slow 30']);
  });

  it('RES-09 RES-10 COMPAT-12 a corrupt or missing state stops the resume', async () => {
    counted(two);
    const { runId } = await start('--script', 'a.js').end;
    const state = join(project.runDir(runId as string), 'state.json');
    writeFileSync(state, '{garbage');
    const corrupt = await project.odw(['exec', '--resume', 'latest']);
    expect([corrupt.code, corrupt.stderr]).toEqual([1, expect.stringContaining('is corrupt and cannot be parsed') as string]);
  });
});
