import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { claudeExec, pandacode, readJson, removeWorkspaces, runs, standIn, startPandacode, until, workspace } from '../support/pandacode.ts';

afterAll(removeWorkspaces);

async function startBusy(ws: string, ...more: string[]) {
  const run = await startPandacode(claudeExec(ws, 'busy-shell', ...more));
  await until(() => existsSync(join(ws, 'pids.json')) && readFileSync(join(ws, 'pids.json'), 'utf8').endsWith('}'), 'the stand-in to start its shell');
  const pids = readJson(join(ws, 'pids.json')) as { cli: number; shell: number };
  return { ...run, pids };
}

describe('ending a run', () => {
  it('PC-WD-01 PC-WD-08 ends a hanging agent at the overall limit and keeps what it said', async () => {
    const { code, report } = await pandacode(claudeExec(workspace(), 'hang', '--timeout-ms', '1500'));
    expect(code).toBe(1);
    expect(report).toMatchObject({
      ok: false,
      state: 'timeout',
      exit_code: 1,
      last_agent_message: 'so far',
      error: { category: 'pandacode_timeout', retryable: true },
    });
    expect(report.record.thread_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('PC-WD-03 ends an agent that says nothing for the idle limit', async () => {
    const { report } = await pandacode(claudeExec(workspace(), 'hang', '--idle-timeout-ms', '700'));
    expect(report.error.category).toBe('pandacode_timeout');
    expect(report.error.message).toContain('idle limit');
  });

  it('PC-KILL-01 kills an agent that ignores SIGTERM', async () => {
    const ws = workspace();
    const { report } = await pandacode(claudeExec(ws, 'ignore-sigterm', '--timeout-ms', '1000'));
    expect(report.state).toBe('timeout');
    expect(runs(Number(readFileSync(join(ws, 'cli.pid'), 'utf8')))).toBe(false);
  });

  it('PC-KILL-02 PC-TEST-08 a timeout also ends a shell with a session of its own', async () => {
    const { ended, pids } = await startBusy(workspace(), '--timeout-ms', '2000');
    expect((await ended).report.state).toBe('timeout');
    expect([runs(pids.cli), runs(pids.shell)]).toEqual([false, false]);
  });

  it('PC-OUT-07 SIGTERM ends the run, writes the report and exits with 143', async () => {
    const ws = workspace();
    const file = join(ws, 'report.json');
    const { child, ended, pids } = await startBusy(ws, '--report-file', file);
    child.kill('SIGTERM');
    const { code, report } = await ended;
    expect(code).toBe(143);
    expect(report).toMatchObject({ ok: false, state: 'stopped', exit_code: 143, error: { category: 'cancelled' } });
    expect(readJson(file)).toEqual(report);
    expect([runs(pids.cli), runs(pids.shell)]).toEqual([false, false]);
  });

  it('PC-OUT-07 a second signal takes the grace away', async () => {
    const ws = workspace();
    const { child, ended } = await startPandacode(claudeExec(ws, 'ignore-sigterm'));
    await until(() => existsSync(join(ws, 'cli.pid')), 'the stand-in');
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const asked = Date.now();
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(Date.now() - asked).toBeLessThan(2500);
  });

  it('PC-TEST-08 a SIGKILL of the CLI leaves no shell behind and is internal, retryable', async () => {
    const { ended, pids } = await startBusy(workspace());
    process.kill(pids.cli, 'SIGKILL');
    const { report } = await ended;
    expect(report).toMatchObject({ state: 'failed', error: { category: 'internal', retryable: true } });
    expect(runs(pids.shell)).toBe(false);
    expect(report.warnings.join()).toContain('outlived the agent');
  });

  it('PC-KILL-04 a process that outlives a successful run is ended and named', async () => {
    const { code, report } = await pandacode(claudeExec(workspace(), 'survivor'));
    expect(code).toBe(0);
    expect(runs(Number(report.last_agent_message))).toBe(false);
    expect(report.warnings).toEqual([expect.stringContaining(`pid ${report.last_agent_message}`)]);
  });

  it('PC-KILL-05 interrupt leaves the session idle, stop marks it stopped, nothing running is no error', async () => {
    const ws = workspace();
    for (const [command, state] of [
      ['interrupt', 'idle'],
      ['stop', 'stopped'],
    ] as const) {
      const { ended, pids } = await startBusy(ws);
      expect((await pandacode(['claude', 'status', '--cd', ws, '--session', 's', '--json'])).report).toMatchObject({
        ok: true,
        state: 'running',
        run: { last_event: { type: 'tool.started' } },
      });
      const answer = await pandacode(['claude', command, '--cd', ws, '--session', 's', '--json']);
      expect(answer).toMatchObject({ code: 0, report: { ok: true, state } });
      expect((await ended).report.state).toBe('stopped');
      expect(runs(pids.shell)).toBe(false);
      expect((await pandacode(['status', '--cd', ws, '--json'])).report.state).toBe(state);
      rmSync(join(ws, 'pids.json'));
    }
    expect((await pandacode(['stop', '--cd', ws, '--json'])).report).toMatchObject({ ok: true, notes: ['nothing was running'] });
  });
});

describe('agents that misbehave', () => {
  it('PC-CODEX-18 no terminal event is never a success', async () => {
    const { code, report } = await pandacode(['codex', 'exec', '--cd', workspace(), '--task', 'x', '--json', '--codex-bin', standIn('codex-no-end')]);
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, last_agent_message: 'half', error: { category: 'internal' } });
  });

  it.each([
    ['garbage', 'internal'],
    ['silent', 'cancelled'],
    ['kills-itself', 'internal'],
    ['success-exit-1', 'internal'],
  ])('PC-CLAUDE-20 %s is not a success', async (cli, category) => {
    const { code, report } = await pandacode(claudeExec(workspace(), cli));
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, error: { category } });
  });

  it('PC-OUT-08 PC-REP-02 an answer of 10 MB comes through whole, in one line', async () => {
    const { code, stdout, report } = await pandacode(claudeExec(workspace(), 'long-line'));
    expect(code).toBe(0);
    expect(report.last_agent_message).toBe('ü€😀x'.repeat(1_000_000));
    expect(stdout.trimEnd().includes('\n')).toBe(false);
  });
});

describe('state that goes away', () => {
  it('an agent that removes the state folder does not lose its result', async () => {
    const ws = workspace();
    expect(await pandacode(claudeExec(ws, 'clean-up'))).toMatchObject({ code: 0, report: { ok: true, last_agent_message: 'all clean' } });
    expect((await pandacode(['claude', 'status', '--cd', ws, '--session', 's', '--json'])).report).toMatchObject({ ok: true, state: 'idle' });
  });
});

describe('an end that comes at the same moment', () => {
  it('a turn that reached its end is kept although pandacode was asked to stop', async () => {
    const { child, ended } = await startPandacode(claudeExec(workspace(), 'finish-on-sigterm'));
    child.stderr!.on('data', (text: string) => text.includes('session.started') && child.kill('SIGTERM'));
    const { code, report } = await ended;
    expect(report).toMatchObject({ ok: true, state: 'completed', last_agent_message: 'just in time' });
    expect(code).toBe(0);
  });
});
