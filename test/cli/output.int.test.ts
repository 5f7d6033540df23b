import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

describe('odw exec', () => {
  it('CLI-04 a reader that goes away ends the printing, not the run', async () => {
    project = new Project({ 'a.js': `for (let i = 0; i < 20; i++) await agent('x' + i); return 1` });
    const run = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir });
    await run.until(/run_id=/);
    run.child.stdout?.destroy();
    const end = await run.end;
    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(project.run(end.runId as string).status).toBe('completed');
  });

  it('CLI-04 CLI-12 an interrupted run tells a program so, in one line', async () => {
    project = new Project({ 'a.js': `return await agent('x', { mockDelayMs: 60000 })` });
    const run = startOdw(['exec', '--script', 'a.js', '--json'], { cwd: project.dir });
    const latest = join(project.dir, '.odw/runs/latest.json');
    while (!existsSync(latest) || !readFileSync(latest, 'utf8').includes('"temporal_run_id": "')) await sleep(20);
    run.child.kill('SIGINT');
    const end = await run.end;
    const { run_id } = JSON.parse(readFileSync(latest, 'utf8')) as { run_id: string };
    expect(end.code).toBe(130);
    expect(JSON.parse(end.stdout)).toMatchObject({ ok: false, run_id, error: { category: 'interrupted' } });
  });

  it('CLI-14 CLI-15 prints the run and its events in their lines, and writes all files', async () => {
    project = new Project({
      'a.js': `export const meta = { name: 'demo' }; phase('P'); log('hi', { a: 1 }); const r = await parallel([() => agent('x', { label: 'l', agentType: 't' })]); checkpoint('c', 1); console.error('to stderr'); return { n: r.length }`,
    });
    const end = await project.odw(['exec', '--script', 'a.js', '--concurrency', '4']);
    const id = end.runId as string;
    const dir = project.runDir(id);
    expect(end.code).toBe(0);
    expect(id).toMatch(/^odw-exec-\d+-\d+$/);
    const lines = end.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('[odw] odw exec') && !line.startsWith('[odw] web ui'))).toEqual([
      `[odw] run_id=${id}`,
      `[odw] journal=${join(dir, 'events.jsonl')}`,
      `[odw] script=${join(project.dir, 'a.js')}`,
      '[odw] backend=mock',
      '[workflow] start demo backend=mock',
      '[phase] P - ',
      '[log] hi {"a":1}',
      '[parallel] start P / parallel count=1 max=1',
      '[node] start P / l / t',
      '[node] done P / l / t ok=true',
      '[parallel] done P / parallel ok=true',
      '[checkpoint] c',
      '[workflow] done demo',
      '[result] {"n":1}',
      `[odw] completed run_id=${id}`,
      `[odw] logs: odw runs show ${id}`,
      `[odw] report: ${join(dir, 'report.html')}`,
    ]);
    expect(end.stderr).toContain('[script:stderr] to stderr');
    for (const file of ['run.json', 'events.jsonl', 'state.json', 'input.raw', 'script.js', 'script-debug.log', 'report.html', 'history.json'])
      expect([file, existsSync(join(dir, file))]).toEqual([file, true]);
    expect(project.run(id)).toMatchObject({
      run_id: id,
      status: 'completed',
      backend: 'mock',
      workflow_id: id,
      resumed_from: null,
      census: { ok: 1, failed: 0 },
    });
    expect(readFileSync(join(project.dir, '.odw/runs/latest.json'), 'utf8')).toBe(readFileSync(join(dir, 'run.json'), 'utf8'));
    expect(historyFromJSON(JSON.parse(readFileSync(join(dir, 'history.json'), 'utf8'))).events?.length).toBeGreaterThan(5);
    const records = project.records(id);
    expect(records[0]).toMatchObject({ type: 'launch', runner: 'temporal', run_id: id, resume_from: null });
    expect(records.at(-1)).toMatchObject({ type: 'exit', status: 'completed', code: 0 });
    expect(records.map((record) => record['seq'])).toEqual(records.map((_, n) => n));
    expect(project.state(id)).toMatchObject({ result: { n: 1 }, checkpoints: { c: { value: 1 } }, activeAgents: {}, failedAgents: {} });
  });

  it('CLI-08 COMPAT-07 a throw and ok:false exit 1 with their lines', async () => {
    project = new Project({ 'throw.js': `await agent('x'); throw new Error('went wrong')`, 'not-ok.js': `return { ok: false, why: 1 }` });
    const thrown = await project.odw(['exec', '--script', 'throw.js']);
    expect(thrown.code).toBe(1);
    expect(thrown.stdout).toMatch(/\[workflow\] error Error: went wrong\n {4}at .*throw\.js:1:25/);
    expect(thrown.stderr).toMatch(/^Error: ODW script exited with status exit status: 1; journal: /);
    expect(project.run(thrown.runId as string)).toMatchObject({ status: 'failed', error: { category: 'workflow_error', message: 'went wrong' } });
    expect(project.state(thrown.runId as string)).toMatchObject({
      error: { message: expect.stringContaining('went wrong') as string },
      failedAt: expect.any(String) as string,
    });
    const notOk = await project.odw(['exec', '--script', 'not-ok.js']);
    expect(notOk.code).toBe(1);
    expect(notOk.stdout).toContain('[result] {"ok":false,"why":1}');
    expect(notOk.stderr).toMatch(/^Error: ODW workflow returned ok:false; journal: /);
    expect(project.run(notOk.runId as string).status).toBe('failed');
  });

  it('names on stderr why nodes failed, once a cause, with what to do, whatever became of the run', async () => {
    project = new Project({
      'some.js': `await parallel(['a', 'b'].map((label) => () => agent('x', { label, mockFail: true }))); await agent('fine'); return 'done'`,
    });
    const end = await project.odw(['exec', '--script', 'some.js']);
    expect(end).toMatchObject({ code: 0, stderr: expect.stringMatching(/^\[odw\] failed: a, b: mock forced failure\. [^\n]+\n$/) as string });
    expect(await project.odw(['exec', '--script', 'some.js', '--json'])).toMatchObject({ stdout: '"done"\n', stderr: '' });
  });

  it('CLI-11 CLI-12 CLI-13 --json and --json-envelope print exactly one line', async () => {
    project = new Project({
      'ok.js': `log('x'); return [1]`,
      'throw.js': `throw new Error('no')`,
      'not-ok.js': `return { ok: false }`,
      'none.js': `log(1)`,
      'cycle.js': `const a = {}; a.a = a; return a`,
    });
    const json = (script: string, flag = '--json') => project.odw(['exec', '--script', script, flag]);
    expect(await json('ok.js')).toMatchObject({ code: 0, stdout: '[1]\n', stderr: '' });
    expect(await json('none.js')).toMatchObject({ code: 0, stdout: 'null\n', stderr: '' });
    expect(await json('not-ok.js')).toMatchObject({ code: 1, stdout: '{"ok":false}\n', stderr: '' });
    const thrown = await json('throw.js');
    expect(thrown).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(thrown.stdout)).toMatchObject({
      ok: false,
      run_id: expect.stringMatching(/^odw-exec-/) as string,
      error: { category: 'workflow_error', message: 'no' },
    });
    const cycle = await json('cycle.js');
    expect([cycle.code, (JSON.parse(cycle.stdout) as { error: { category: string } }).error.category]).toEqual([1, 'result_not_serializable']);
    const envelope = await json('ok.js', '--json-envelope');
    expect(JSON.parse(envelope.stdout)).toMatchObject({
      status: 'completed',
      result: [1],
      run_dir: expect.any(String) as string,
      report: expect.stringMatching(/report\.html$/) as string,
    });
  });

  it('CLI-20 CLI-21 CLI-17 runs list, runs show and report read what a run left', async () => {
    project = new Project({ 'a.js': `return await agent('x', { label: 'only' })` });
    const { runId } = await project.odw(['exec', '--script', 'a.js', '--no-report']);
    const list = JSON.parse((await project.odw(['runs', 'list'])).stdout) as { runs: { run_id: string }[] };
    expect(list.runs.map((run) => run.run_id)).toEqual([runId]);
    const show = await project.odw(['runs', 'show']);
    expect(show.stdout).toMatch(new RegExp(`^Run ${runId} \\[completed\\]`));
    expect(show.stdout).toContain('Nodes: active=0 completed=1');
    const report = join(project.runDir(runId as string), 'report.html');
    expect(existsSync(report)).toBe(false);
    expect((await project.odw(['report'])).stdout).toBe(`${report}\n`);
    expect(readFileSync(report, 'utf8')).toContain('flowchart TB');
  });

  it('CLI-18 report --script makes a preview that never becomes the latest', async () => {
    project = new Project({ 'a.js': `return await agent('x')`, 'b.js': `return 2` });
    const { runId } = await project.odw(['exec', '--script', 'b.js']);
    const preview = await project.odw(['report', '--script', 'a.js']);
    expect(preview.code).toBe(0);
    expect(existsSync(preview.stdout.trim())).toBe(true);
    expect((JSON.parse(readFileSync(join(project.dir, '.odw/runs/latest.json'), 'utf8')) as { run_id: string }).run_id).toBe(runId);
  });
});
