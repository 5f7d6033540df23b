import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildPandacode, claudeExec, pandacode, readJson, removeWorkspaces, runs, standIn, startPandacode, until, workspace } from '../support/pandacode.ts';

afterAll(removeWorkspaces);

function place() {
  const ws = workspace();
  const files = { report: join(ws, '..', 'report.json'), pid: join(ws, '..', 'pid.json'), events: join(ws, '..', 'events.jsonl') };
  const shared = ['--report-file', files.report, '--pid-file', files.pid];
  const exec = (cli: string, id: string, ...more: string[]) => claudeExec(ws, cli, ...shared, '--dispatch-id', id, ...more);
  const wait = (...more: string[]) => ['wait', ...shared, '--json', ...more];
  return { ws, files, exec, wait };
}

describe('a run that another process started', () => {
  it('PC-ADOPT-01 PC-ADOPT-02 the report file equals stdout and names the dispatch', async () => {
    const { exec, files } = place();
    const { report, code } = await pandacode(exec('slow', 'd1'));
    expect(readJson(files.report)).toEqual(report);
    expect(report).toMatchObject({ dispatch_id: 'd1', exit_code: code, ok: true });
    expect(report.ended_ms).toBeGreaterThanOrEqual(report.started_ms);
  });

  it('PC-ADOPT-01 failures before the run are written too', async () => {
    const { exec, files } = place();
    await pandacode(exec('slow', 'd1', '--schema-file', '/nowhere.json'));
    expect(readJson(files.report)).toMatchObject({ ok: false, exit_code: 2, dispatch_id: 'd1', error: { category: 'invalid_request' } });
    await pandacode(exec('slow', 'd2', '--effort', 'silly'));
    expect(readJson(files.report)).toMatchObject({ ok: false, exit_code: 2, dispatch_id: 'd2' });
  });

  it('PC-ADOPT-03 PC-ADOPT-04 the pid file names the process and its children, and says when it is over', async () => {
    const { exec, files, ws } = place();
    const { child, ended } = await startPandacode(exec('slow', 'd1'));
    await until(() => existsSync(files.pid) && (readJson(files.pid)['children'] as unknown[]).length > 0, 'the child in the pid file');
    expect(readJson(files.pid)).toMatchObject({
      version: 1,
      pid: child.pid,
      start_id: expect.stringMatching(/\d/),
      dispatch_id: 'd1',
      runtime: 'claude',
      session: 's',
      workspace: ws,
      report_file: files.report,
      state: 'running',
    });
    await ended;
    expect(readJson(files.pid)).toMatchObject({ state: 'exited', children: [] });
  });

  it('PC-ADOPT-06 PC-TEST-09 a run whose parent is gone goes on; wait gets its report', async () => {
    const { exec, wait, files } = place();
    const program = await buildPandacode();
    // The parent starts the run with pipes, then dies: stdout and stderr break.
    const parent = `const { spawn } = require('node:child_process'); const c = spawn(process.execPath, ${JSON.stringify([program, ...exec('slow', 'd1', '--detach-safe')])}, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] }); c.unref(); setTimeout(() => process.exit(0), 300);`;
    await new Promise((resolve) => spawn(process.execPath, ['-e', parent], { stdio: 'ignore' }).once('exit', resolve));
    await until(() => existsSync(files.pid), 'the pid file');
    const { code, report } = await pandacode(wait('--dispatch-id', 'd1'));
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, last_agent_message: 'slow answer', dispatch_id: 'd1' });
  });

  it('PC-ADOPT-06 detach-safe needs a report file', async () => {
    const { code, report } = await pandacode(['claude', 'exec', '--task', 'x', '--detach-safe', '--json']);
    expect(code).toBe(2);
    expect(report.error.message).toContain('--report-file');
  });

  it('PC-ADOPT-06 SIGHUP does not end a detach-safe run', async () => {
    const { exec, files } = place();
    const { child, ended } = await startPandacode(exec('slow', 'd1', '--detach-safe'));
    await until(() => existsSync(files.pid), 'the pid file');
    child.kill('SIGHUP');
    expect((await ended).code).toBe(0);
  });

  it('PC-ADOPT-07 SIGHUP ends another run with 129', async () => {
    const { exec, files } = place();
    const { child, ended } = await startPandacode(exec('hang', 'd1'));
    await until(() => existsSync(files.pid) && (readJson(files.pid)['children'] as unknown[]).length > 0, 'the child');
    child.kill('SIGHUP');
    expect(await ended).toMatchObject({ code: 129, report: { state: 'stopped' } });
  });

  it('PC-ADOPT-08 PC-TEST-09 the same dispatch runs once, alive or finished', async () => {
    const { exec, ws } = place();
    const first = await startPandacode(exec('slow', 'd1'));
    await until(() => existsSync(join(ws, 'runs.txt')), 'the first run');
    const second = await pandacode(exec('slow', 'd1'));
    const third = await pandacode(exec('slow', 'd1'));
    const { report } = await first.ended;
    expect([second.report, third.report]).toEqual([report, report]);
    expect(readFileSync(join(ws, 'runs.txt'), 'utf8')).toBe('x');
  });

  it('PC-ADOPT-08 PC-TEST-09 the same dispatch, started several times in the same moment, runs once', async () => {
    const { exec, ws, files } = place();
    await buildPandacode();
    const started = await Promise.all(Array.from({ length: 4 }, () => startPandacode(exec('slow', 'd1'))));
    const ended = await Promise.all(started.map((one) => one.ended));
    expect(readFileSync(join(ws, 'runs.txt'), 'utf8')).toBe('x');
    for (const { code, report } of ended) expect({ code, report }).toEqual({ code: 0, report: readJson(files.report) });
  });

  it('PC-ADOPT-08 who may not wait that long says that the run goes on, and leaves the report file to it', async () => {
    const { exec, ws, files } = place();
    const first = await startPandacode(exec('works', 'd1'));
    await until(() => existsSync(join(ws, 'shell')), 'the first run');
    const second = await pandacode(exec('works', 'd1', '--timeout-ms', '1'));
    expect(second).toMatchObject({ code: 1, report: { ok: false, state: 'running', run: { pid: first.child.pid }, error: { category: 'pandacode_timeout' } } });
    writeFileSync(join(ws, 'go'), '');
    const { report } = await first.ended;
    expect(report).toMatchObject({ ok: true });
    expect(readJson(files.report)).toEqual(report);
  });

  it('PC-ADOPT-01 a report file that cannot be written ends no run', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'file'), '');
    const args = [
      'claude',
      'exec',
      '--cd',
      ws,
      '--task',
      'x',
      '--json',
      '--claude-bin',
      standIn('slow'),
      '--dispatch-id',
      'd',
      '--report-file',
      join(ws, 'file/r.json'),
    ];
    const { report } = await pandacode(args);
    expect(report).toMatchObject({ ok: true, warnings: [expect.stringContaining('the report file could not be written')] });
  });

  it('PC-ADOPT-05 PC-STATE-05 when the pid file says exited, the report lies there, the record has its state and nothing runs', async () => {
    const { exec, files, ws } = place();
    const { ended } = await startPandacode(exec('survivor', 'd1'));
    const record = join(ws, '.pandacode/sessions/claude/s.json');
    await until(() => existsSync(record) && readJson(record)['state'] === 'running' && readJson(record)['thread_id'] !== null, 'the record before the answer');
    await until(() => existsSync(files.pid) && readJson(files.pid)['state'] === 'exited', 'the end');
    const report = readJson(files.report);
    expect(report).toMatchObject({ dispatch_id: 'd1' });
    expect(readJson(record)['state']).not.toBe('running');
    expect(readJson(files.pid)['children']).toEqual([]);
    expect((await ended).report).toEqual(report);
  });

  it('PC-ADOPT-08 a failed dispatch is not repeated either, and another id is run anew', async () => {
    const { exec } = place();
    const failed = await pandacode(exec('silent', 'd1'));
    expect(failed.code).toBe(1);
    expect(await pandacode(exec('slow', 'd1'))).toMatchObject({ code: 1, report: failed.report });
    expect(await pandacode(exec('slow', 'd2'))).toMatchObject({ code: 0, report: { dispatch_id: 'd2' } });
  });

  it('PC-ADOPT-09 PC-ADOPT-11 PC-TEST-08 pandacode killed: wait ends the children, says executor_lost, and the session can be resumed', async () => {
    const { exec, wait, ws } = place();
    const { child, ended } = await startPandacode(exec('busy-shell', 'd1'));
    await until(() => existsSync(join(ws, 'pids.json')), 'the shell');
    const pids = readJson(join(ws, 'pids.json')) as { cli: number; shell: number };
    child.kill('SIGKILL');
    await ended;
    const lost = await pandacode(wait());
    expect(lost).toMatchObject({ code: 1, report: { ok: false, session: 's', error: { category: 'executor_lost', retryable: true } } });
    expect([runs(pids.cli), runs(pids.shell)]).toEqual([false, false]);
    const resumed = await pandacode(['claude', 'resume', '--cd', ws, '--session', 's', '--task', 'go on', '--json', '--claude-bin', standIn('tell')]);
    expect(resumed.code).toBe(0);
    const { argv } = JSON.parse(resumed.report.last_agent_message) as { argv: string[] };
    expect(argv[argv.indexOf('--resume') + 1]).toBe(resumed.report.record.thread_id);
  });

  it('PC-ADOPT-09 a reused pid is not taken for the run', async () => {
    const { wait, files } = place();
    writeFileSync(
      files.pid,
      JSON.stringify({ version: 1, pid: process.pid, start_id: '1', boot_id: null, dispatch_id: null, children: [], state: 'running', session: 's' }),
    );
    expect((await pandacode(wait())).report.error.category).toBe('executor_lost');
  });

  it('PC-ADOPT-09 the limit of wait leaves the run alone', async () => {
    const { exec, wait, files, ws } = place();
    const { ended } = await startPandacode(exec('works', 'd1'));
    await until(() => existsSync(files.pid), 'the pid file');
    expect((await pandacode(wait('--timeout-ms', '50'))).report).toMatchObject({ ok: false, state: 'running', error: { category: 'pandacode_timeout' } });
    writeFileSync(join(ws, 'go'), '');
    expect((await ended).code).toBe(0);
  });

  it('PC-STATE-04 a live session is busy, an idle one is replaced', async () => {
    const { exec, ws } = place();
    const { ended } = await startPandacode(exec('works', 'd1'));
    await until(() => existsSync(join(ws, 'shell')), 'the first run');
    const other = await pandacode(['claude', 'exec', '--cd', ws, '--session', 's', '--task', 'x', '--json', '--claude-bin', standIn('slow')]);
    expect(other).toMatchObject({ code: 1, report: { error: { category: 'session_busy', retryable: true } } });
    writeFileSync(join(ws, 'go'), '');
    const before = (await ended).report.record.thread_id;
    const again = await pandacode(['claude', 'exec', '--cd', ws, '--session', 's', '--task', 'x', '--json', '--claude-bin', standIn('slow')]);
    expect(again.report.record.thread_id).not.toBe(before);
    expect(again.report.record.history).toEqual([expect.objectContaining({ thread_id: before })]);
  });

  it('PC-ADOPT-10 PC-EV-01 the events file has numbered events with the progress of the run', async () => {
    const { exec, files } = place();
    await pandacode(exec('slow', 'd1', '--events-file', files.events));
    const events = readFileSync(files.events, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; type: string; progress: object; data: Record<string, unknown> });
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index));
    expect(events[0]?.type).toBe('run.started');
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { ok: true, last_assistant_message: 'slow answer' }, progress: { tool_calls: 0 } });
  });

  it('PC-OUT-08 a reader of stdout that goes away does not keep the report from its file', async () => {
    const { exec, files } = place();
    const program = await buildPandacode();
    const child = spawn(process.execPath, [program, ...exec('slow', 'd1')], { stdio: ['ignore', 'pipe', openSync('/dev/null', 'w')] });
    child.stdout!.destroy();
    await new Promise((resolve) => child.once('exit', resolve));
    expect(readJson(files.report)).toMatchObject({ ok: true });
  });
});
