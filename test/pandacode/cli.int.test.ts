import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pandacode, removeWorkspaces, standIn, workspace } from '../support/pandacode.ts';

afterAll(removeWorkspaces);

interface Told {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  input: string;
}

async function tell(args: string[], options: Parameters<typeof pandacode>[1] = {}, ws = workspace(), runtime = 'claude') {
  const cli = runtime === 'claude' ? ['--claude-bin', standIn('tell')] : ['--codex-bin', standIn('codex-tell')];
  const ended = await pandacode([runtime, 'exec', '--cd', ws, '--session', 's', '--json', ...cli, ...args], options);
  return { ...ended, ws, told: JSON.parse(ended.report.last_agent_message || '{}') as Told };
}

describe('command line', () => {
  it('PC-ARC-01 --version prints name and version', async () => {
    expect(await pandacode(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pandacode \d+\.\d+\.\d+\n$/) });
  });

  it.each([
    ['no task', ['claude', 'exec'], "pass --task, --task-file, or '-' to read task from stdin"],
    ['two tasks', ['claude', 'exec', '-', '--task', 'x'], 'pass exactly one task source'],
    ['a provider on claude', ['claude', 'exec', '--task', 'x', '--provider', 'kimi'], '--provider is only supported by Bamboo;'],
    ['a provider on codex names the gateway', ['codex', 'exec', '--task', 'x', '--provider', 'kimi'], '--gateway'],
    ['unknown effort', ['claude', 'exec', '--task', 'x', '--effort', 'huge'], '--effort must be one of'],
    ['unknown permission', ['codex', 'exec', '--task', 'x', '--permission', 'none'], '--permission must be one of'],
    ['unknown flag', ['claude', 'exec', '--task', 'x', '--nope'], "unknown option '--nope'"],
    ['unknown command', ['claude', 'dance'], "unknown command 'dance'"],
    ['a bad number', ['claude', 'exec', '--task', 'x', '--timeout-ms', 'soon'], 'whole number'],
    ['wait without files', ['wait'], '--report-file'],
    ['no answer', ['claude', 'answer'], 'exactly one of --choice and --text'],
    ['no such task file', ['claude', 'exec', '--task-file', 'nowhere.md'], 'was not found'],
    ['no such workspace', ['claude', 'exec', '--task', 'x', '--cd', '/nowhere/at/all'], 'is not a folder'],
  ])('PC-OUT-05 usage error: %s', async (_, args, message) => {
    const cd = args.includes('--cd') ? [] : args[0] === 'wait' ? [] : ['--cd', workspace()];
    const compact = await pandacode([...args, ...(args[1] === 'dance' ? [] : cd), '--json']);
    expect(compact).toMatchObject({ code: 2, report: { ok: false, error: { category: 'invalid_request', retryable: false } } });
    expect(compact.report.error.message).toContain(message);
  });

  it('PC-OUT-05 without --json a usage error is plain text on stderr', async () => {
    expect(await pandacode(['claude', 'exec'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('pass --task') });
  });

  it('PC-OUT-01 PC-OUT-02 one object on stdout, compact or indented, and nothing else', async () => {
    const ws = workspace();
    const args = ['claude', 'exec', '--cd', ws, '--task', 'x', '--claude-bin', standIn('tell')];
    const compact = await pandacode([...args, '--json']);
    expect(compact.stdout.split('\n')).toHaveLength(2);
    const pretty = await pandacode(args);
    expect(pretty.stdout.startsWith('{\n  "ok": true,')).toBe(true);
    expect(JSON.parse(pretty.stdout)).toMatchObject({ ok: true });
    expect(
      compact.stderr
        .split('\n')
        .filter(Boolean)
        .every((line) => line.startsWith('pandacode-run runtime=claude event=')),
    ).toBe(true);
  });

  it('PC-CLI-01 PC-CLI-03 run and continue are aliases; a task file may lie under --cd', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'task.md'), 'tâche');
    const run = await pandacode(['claude', 'run', '--cd', ws, '--session', 's', '--task-file', 'task.md', '--json', '--claude-bin', standIn('tell')]);
    expect((JSON.parse(run.report.last_agent_message) as Told).input).toBe('tâche');
    const next = await pandacode(['continue', '--cd', ws, '--session', 's', '-', '--json', '--claude-bin', standIn('tell')], { input: 'more' });
    expect(next).toMatchObject({ code: 0, report: { action: 'resume', runtime: 'claude' } });
  });

  it('PC-CLI-04 PC-TEST-11 flags of the older executor are accepted, without effect, and named', async () => {
    const { report, stderr } = await tell(['--task', 'x', '--codexctl-bin', 'codexctl', '--tmux-bin', 'tmux', '--log-mode', 'full']);
    expect(report.notes).toEqual([
      '--codexctl-bin is accepted and has no effect',
      '--tmux-bin is accepted and has no effect',
      '--log-mode is accepted and has no effect',
    ]);
    expect(stderr).not.toMatch(/codexctl|tmux/);
  });

  it('PC-CLI-09 the model inherit counts as unset; PC-ENV-03 a variable gives the default', async () => {
    const { told } = await tell(['--task', 'x', '--model', 'inherit'], { env: { PANDACODE_CLAUDE_MODEL: 'haiku' } });
    expect(told.argv.join(' ')).toContain('--model haiku --effort max');
  });

  it('PC-CLAUDE-04 PC-CLAUDE-16 the prompt goes to stdin, the workspace is the cwd, the thread has a fresh id', async () => {
    const { told, ws, report } = await tell(['--task', 'do it']);
    expect(told).toMatchObject({ input: 'do it', cwd: ws });
    expect(told.argv[told.argv.indexOf('--session-id') + 1]).toBe(report.record.thread_id);
  });

  it('PC-ENV-07 PC-ENV-08 the child sees the allow-list; keys are nowhere in state or report', async () => {
    const secret = 'sk-secret-0123456789abcdef';
    const { told, ws, report } = await tell(['--task', 'x', '--pass-env', 'MINE'], {
      env: { ANTHROPIC_API_KEY: secret, DEEPSEEK_API_KEY: 'other', MINE: '1', CLAUDECODE: '1' },
    });
    expect(told.env).toMatchObject({ ANTHROPIC_API_KEY: secret, MINE: '1', CLAUDE_CONFIG_DIR: join(ws, '.pandacode/claude/config') });
    expect([told.env['DEEPSEEK_API_KEY'], told.env['CLAUDECODE']]).toEqual([undefined, undefined]);
    const record = readFileSync(join(ws, '.pandacode/sessions/claude/s.json'), 'utf8');
    expect([record.includes(secret), JSON.stringify({ ...report, last_agent_message: '', summary: '', wait: '' }).includes(secret)]).toEqual([false, false]);
  });

  it('PC-STATE-01 PC-REP-08 state is private and ignored by git; the prompt is kept as it was given', async () => {
    const { ws, report } = await tell(['--task', 'do it']);
    expect(readFileSync(join(ws, '.pandacode/.gitignore'), 'utf8')).toBe('*\n');
    expect(readFileSync(report.artifacts.prompt_file, 'utf8')).toBe('do it');
    expect(statSync(join(ws, '.pandacode/sessions/claude')).mode & 0o777).toBe(0o700);
    expect(statSync(join(ws, '.pandacode/sessions/claude/s.json')).mode & 0o777).toBe(0o600);
  });

  it('PC-CODEX-02 PC-CODEX-06 codex gets the prompt on stdin and a named endpoint', async () => {
    const { told, report } = await tell(
      ['--task', 'do it'],
      { env: { PANDACODE_CODEX_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_API_KEY: 'k' } },
      workspace(),
      'codex',
    );
    expect(told.input).toBe('do it');
    expect(told.argv).toContain('model_providers.pandacode.base_url="http://127.0.0.1:1/v1"');
    expect(told.env['CODEX_API_KEY']).toBe('k');
    expect(report.usage).toMatchObject({ input: 10, cached_input: 4, output: 2, total_tokens: 12 });
  });

  it('PC-USE-05 MONEY-02 a price file prices a codex run, and the report names it and its date', async () => {
    const ws = workspace();
    const file = join(ws, '..', 'prices.json');
    writeFileSync(
      file,
      JSON.stringify({
        version: 1,
        updated_at: '2026-11-01',
        prices_per_1m_tokens: { 'openai:gpt-5.5': { model: 'gpt-5.5', currency: 'USD', input: 1, cache_hit_input: 0.5, output: 10 } },
      }),
    );
    expect((await tell(['--task', 'x', '--price-file', file], {}, ws, 'codex')).report.cost).toEqual({
      amount: 0.000028,
      currency: 'USD',
      basis: 'price_file',
      source: file,
      updated_at: '2026-11-01',
    });
  });

  it('PC-CLAUDE-20 a CLI that is not there is not_installed, and the attempt is visible', async () => {
    const ws = workspace();
    const { code, report } = await pandacode(['claude', 'exec', '--cd', ws, '--session', 's', '--task', 'x', '--json', '--claude-bin', '/nowhere/claude']);
    expect(code).toBe(1);
    expect(report.error).toMatchObject({ category: 'not_installed', retryable: false, next_action: expect.stringContaining('PANDACODE_CLAUDE_BIN') });
    expect((await pandacode(['status', '--cd', ws, '--json'])).report).toMatchObject({ ok: true, state: 'failed', session: 's' });
  });

  it('PC-SCHEMA-01 an invalid schema stops the run before anything is spawned', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'schema.json'), '{"type":"objekt"}');
    const { code, report } = await tell(['--task', 'x', '--schema-file', join(ws, 'schema.json')], {}, ws);
    expect([code, report.error.category]).toEqual([2, 'invalid_request']);
    expect(existsSync(join(ws, '.pandacode'))).toBe(false);
  });

  it('PC-REP-06 answer on a session that does not wait', async () => {
    const { ws } = await tell(['--task', 'x']);
    const answer = await pandacode(['claude', 'answer', '--cd', ws, '--session', 's', '--text', 'go on', '--wait', '--json', '--timeout-ms', '1000']);
    expect(answer).toMatchObject({ code: 1, report: { error: { category: 'invalid_request', message: 'Claude session s is not waiting for user input' } } });
  });

  it('PC-REP-07 resume keeps model, effort and permission; an unknown session is an invalid request', async () => {
    const { ws } = await tell(['--task', 'x', '--model', 'haiku', '--effort', 'low', '--permission', 'limited']);
    const next = await pandacode(['claude', 'resume', '--cd', ws, '--session', 's', '--task', 'y', '--json', '--claude-bin', standIn('tell')]);
    const { argv } = JSON.parse(next.report.last_agent_message) as Told;
    expect(argv.join(' ')).toMatch(/--model stand-in --effort low --permission-mode acceptEdits/);
    const unknown = await pandacode(['claude', 'resume', '--cd', ws, '--session', 'other', '--task', 'y', '--json']);
    expect(unknown).toMatchObject({ code: 1, report: { error: { category: 'invalid_request', message: expect.stringContaining('no session other') } } });
  });

  it('PC-CLAUDE-16 a session run with --no-persist cannot be resumed', async () => {
    const { ws, told } = await tell(['--task', 'x', '--no-persist']);
    expect(told.argv).toContain('--no-session-persistence');
    expect((await pandacode(['claude', 'resume', '--cd', ws, '--task', 'y', '--json'])).report.error.message).toContain('--no-persist');
  });
});

describe('session commands', () => {
  it('PC-CMD-01 PC-CMD-02 PC-CMD-03 PC-CMD-04 status, logs, artifacts and list show a session', async () => {
    const { ws } = await tell(['--task', 'x']);
    await pandacode(['codex', 'exec', '--cd', ws, '--session', 'c', '--task', 'x', '--json', '--codex-bin', standIn('codex-tell')]);
    const at = ['--cd', ws, '--json'];
    expect((await pandacode(['claude', 'status', '--session', 's', ...at])).report).toMatchObject({
      ok: true,
      state: 'idle',
      runtime: 'claude',
      record: { session: 's' },
      pending_user_input: null,
    });
    expect((await pandacode(['status', ...at])).report).toMatchObject({ runtime: 'codex', session: 'c' });
    expect((await pandacode(['artifacts', '--session', 's', ...at])).report).toMatchObject({
      ok: true,
      state: 'available',
      action: 'artifacts',
      record_path: join(ws, '.pandacode/sessions/claude/s.json'),
    });
    const logs = await pandacode(['claude', 'logs', '--session', 's', '--tail', '2', ...at]);
    expect(logs.report.lines.at(-1)).toContain('"run.finished"');
    expect((await pandacode(['claude', 'logs', '--session', 's', '--tail', '1', '--cd', ws])).stdout).toContain('"run.finished"');
    expect((await pandacode(['list', ...at])).report).toMatchObject({ ok: true, claude: [{ session: 's' }], codex: [{ session: 'c' }], bamboo: [], acp: [] });
    expect((await pandacode(['status', '--session', 'nobody', ...at])).report).toMatchObject({ ok: false, error: { category: 'invalid_request' } });
  });

  it('PC-AUTO-02 a name that several runtimes have needs a runtime', async () => {
    const { ws } = await tell(['--task', 'x']);
    await pandacode(['codex', 'exec', '--cd', ws, '--session', 's', '--task', 'x', '--json', '--codex-bin', standIn('codex-tell')]);
    expect((await pandacode(['status', '--session', 's', '--cd', ws, '--json'])).report.error.message).toContain('claude, codex');
    expect((await pandacode(['status', '--session', 's', '--cd', ws, '--json', '--runtime', 'codex'])).report.runtime).toBe('codex');
  });

  it('PC-AUTO-01 PC-AUTO-03 the model names the runtime', async () => {
    const cli = ['--claude-bin', standIn('tell'), '--codex-bin', standIn('codex-tell')];
    for (const [model, runtime] of [
      ['opus', 'claude'],
      ['claude-sonnet-5-5', 'claude'],
      ['gpt-5.5', 'codex'],
      ['o3-mini', 'codex'],
    ]) {
      expect((await pandacode(['run', '--cd', workspace(), '--task', 'x', '--json', '--model', model!, ...cli])).report.runtime).toBe(runtime);
    }
    expect((await pandacode(['run', '--cd', workspace(), '--task', 'x', '--json', '--model', 'opus', '--runtime', 'codex', ...cli])).report.runtime).toBe(
      'codex',
    );
    expect((await pandacode(['run', '--cd', workspace(), '--task', 'x', '--json', ...cli], { env: { PANDACODE_RUNTIME: 'codex' } })).report.runtime).toBe(
      'codex',
    );
  });

  it('PC-CMD-05 model changes only what is given', async () => {
    const { ws } = await tell(['--task', 'x', '--effort', 'low']);
    expect((await pandacode(['claude', 'model', '--cd', ws, '--set', 'haiku', '--json'])).report).toMatchObject({ ok: true, model: 'haiku', effort: 'low' });
  });

  it('PC-CMD-06 PC-CMD-07 PC-CMD-08 doctor and models tell what is missing', async () => {
    const ws = workspace();
    const home = join(ws, 'home');
    mkdirSync(home);
    const none = await pandacode(['doctor', '--cd', ws, '--json'], { env: { HOME: home, PATH: process.env['PATH'] }, input: '' });
    expect(none.report.bamboo).toMatchObject({ ok: false, state: 'configuration_needed' });
    const missing = await pandacode(['doctor', '--cd', ws, '--json', '--claude-bin', '/nowhere', '--codex-bin', '/nowhere'], { env: { HOME: home } });
    expect(missing).toMatchObject({
      code: 1,
      report: {
        ok: false,
        state: 'checked',
        claude: {
          ok: false,
          state: 'missing_requirements',
          missing: ['claude', 'login or API key'],
          version: null,
          capabilities: { task_execution: true, report_file: true },
        },
        codex: { state: 'missing_requirements' },
      },
    });
    expect((await pandacode(['models', '--json', '--claude-bin', '/nowhere', '--codex-bin', '/nowhere'])).report).toMatchObject({
      ok: true,
      bamboo: { ok: true, raw: { source: 'builtin' } },
      claude: { ok: false },
      codex: { ok: false },
    });
  });
});
