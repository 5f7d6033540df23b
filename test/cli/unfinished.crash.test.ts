import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const two = `return [(await agent('one')).ok, (await agent('two')).ok]`;
const edit = (runId: string, change: object) => {
  const path = join(project.runDir(runId), 'run.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...change }));
};
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;

/** Makes the folder of an ended run look as if its host had been killed right after the run closed. */
function forgetEnd(runId: string): string {
  const dir = project.runDir(runId);
  const journal = join(dir, 'events.jsonl');
  const whole = readFileSync(journal, 'utf8');
  writeFileSync(journal, whole.split('\n').slice(0, 3).join('\n') + '\n{"type":"scr');
  for (const name of ['history.json', 'state.json', 'report.html']) rmSync(join(dir, name));
  edit(runId, { status: 'running', finished_ms: null });
  return whole;
}

describe('a run that ended when nobody hosted it', () => {
  it('RES-13 the resume completes the files of the same run and prints its result', async () => {
    project = new Project({ 'a.js': two });
    const runId = (await project.odw(['exec', '--script', 'a.js'])).runId as string;
    const whole = forgetEnd(runId);
    const end = await project.odw(['exec', '--resume', 'latest', '--json-envelope']);
    expect(JSON.parse(end.stdout)).toMatchObject({ run_id: runId, status: 'completed', result: [true, true], census: { ok: 2 } });
    expect(end.code).toBe(0);
    expect(readFileSync(join(project.runDir(runId), 'events.jsonl'), 'utf8')).toBe(whole);
    for (const name of ['history.json', 'state.json', 'report.html']) expect(existsSync(join(project.runDir(runId), name)), name).toBe(true);
    expect(project.run(runId)).toMatchObject({ status: 'completed' });
  });

  it('RES-03 RES-13 the same with an edited script: the old run gets its true end, and a new one reuses it', async () => {
    project = new Project({ 'a.js': two });
    const runId = (await project.odw(['exec', '--script', 'a.js'])).runId as string;
    const whole = forgetEnd(runId);
    project.write('a.js', two.replace('two', 'other'));
    const end = await project.odw(['exec', '--resume', 'latest']);
    expect(readFileSync(join(project.runDir(runId), 'events.jsonl'), 'utf8')).toBe(whole);
    expect(project.run(runId).status).toBe('completed');
    expect([end.code, count(end.runId as string, 'agent_skip'), count(end.runId as string, 'agent_start')]).toEqual([0, 1, 1]);
  });

  it('RES-02 the end of an open run that an edited script replaces is in its files', async () => {
    project = new Project({ 'a.js': `await agent('one'); return await agent('two', { mockDelayMs: 60000 })` });
    const first = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir });
    await first.until(/done .*agent-1/);
    first.child.kill('SIGKILL');
    const runId = (await first.end).runId as string;
    project.write('a.js', two);
    expect((await project.odw(['exec', '--resume', 'latest'])).code).toBe(0);
    expect(project.run(runId)).toMatchObject({ status: 'cancelled', error: { category: 'cancelled' } });
    expect(project.records(runId).at(-1)).toMatchObject({ type: 'exit', status: 'cancelled' });
  });
});

describe('a run that is over and has no host', () => {
  const working = `#!/bin/sh
echo half > half.txt
echo $$ > "$MARK"
exec sleep 300
`;

  for (const how of ['replaced by an edited script', 'ended from outside']) {
    it(`WT-11 EXEC-12 that was ${how} leaves no executor and no worktree; the unfinished work is a patch`, async () => {
      const script = `return await agent('w', { isolation: 'worktree' })`;
      project = new Project({ 'a.js': script, executor: working });
      chmodSync(join(project.dir, 'executor'), 0o755);
      project.git();
      const mark = join(project.dir, 'mark');
      const first = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor'], {
        cwd: project.dir,
        env: { MARK: mark },
      });
      while (!existsSync(mark) || readFileSync(mark, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 20));
      first.child.kill('SIGKILL');
      const runId = (await first.end).runId as string;
      if (how.startsWith('replaced')) project.write('a.js', 'return 1');
      else {
        const server = JSON.parse(readFileSync(join(String(process.env['ODW_HOME']), 'server.json'), 'utf8')) as { port: number };
        const connection = await Connection.connect({ address: `127.0.0.1:${server.port}` });
        await new Client({ connection }).workflow.getHandle(runId).terminate('enough');
        await connection.close();
      }
      const end = await project.odw(['exec', '--resume', 'latest']);
      const patch = /unfinished work of run \S+ is kept: (\S+)/.exec(end.stderr)?.[1] as string;
      expect(readFileSync(patch, 'utf8')).toContain('+half');
      expect(identify(Number(readFileSync(mark, 'utf8')))).toBeUndefined();
      expect(execFileSync('git', ['worktree', 'list'], { cwd: project.dir, encoding: 'utf8' }).trim().split('\n')).toHaveLength(1);
      expect(project.run(runId).status).toBe('cancelled');
    });
  }
});

describe('a name that the server would refuse', () => {
  it('META-01 is cut for the server and whole everywhere else', async () => {
    const name = 'ü'.repeat(1500);
    project = new Project({ 'a.js': `export const meta = { name: '${name}' }; return 1` });
    const end = await project.odw(['exec', '--script', 'a.js']);
    expect(end.code).toBe(0);
    expect(project.run(end.runId as string).name).toBe(name);
  });
});

describe('results of earlier runs', () => {
  it('RES-04 RES-13 are not lost by a resume that fails at once, or whose script cannot be loaded', async () => {
    project = new Project({ 'a.js': two });
    await project.odw(['exec', '--script', 'a.js']);
    for (const broken of [`throw new Error('early')`, 'const = 3']) {
      project.write('a.js', broken);
      expect((await project.odw(['exec', '--resume', 'latest'])).code).toBe(1);
    }
    project.write('a.js', two);
    const end = await project.odw(['exec', '--resume', 'latest']);
    expect([end.code, count(end.runId as string, 'agent_skip'), count(end.runId as string, 'agent_start')]).toEqual([0, 2, 0]);
  });

  it('RES-04 RES-13 are not lost when the host of a resume dies before the server has the new run', async () => {
    project = new Project({ 'a.js': two });
    const first = (await project.odw(['exec', '--script', 'a.js'])).runId as string;
    const runId = 'odw-exec-resume-1-1';
    const dir = project.runDir(runId);
    mkdirSync(dir);
    const unborn = { ...project.run(first), run_id: runId, run_dir: dir, resumed_from: first, temporal_run_id: null, status: 'running', finished_ms: null };
    writeFileSync(join(dir, 'run.json'), JSON.stringify(unborn));
    const end = await project.odw(['exec', '--resume', runId]);
    expect([end.code, count(end.runId as string, 'agent_skip'), count(end.runId as string, 'agent_start')]).toEqual([0, 2, 0]);
  });
});

describe('a second process', () => {
  it('CLI-11 CLI-14 RES-02 that follows a run prints its end as the host does', async () => {
    project = new Project({ 'a.js': `await agent('slow', { mockDelayMs: 4000 }); return { ok: false, text: 'ü'.repeat(9) }` });
    const first = startOdw(['exec', '--script', 'a.js', '--json'], { cwd: project.dir });
    const lock = () => existsSync(join(project.dir, '.odw/runs/latest.json'));
    while (!lock()) await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await project.odw(['exec', '--resume', 'latest', '--json']);
    const host = await first.end;
    expect([second.stdout, second.code]).toEqual([host.stdout, host.code]);
    expect(host.stdout).toBe('{"ok":false,"text":"üüüüüüüüü"}\n');
  });
});
