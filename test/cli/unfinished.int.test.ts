import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
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
