import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runs, startPandacode, until, untilReached, workspace } from '../support/pandacode.ts';
import { cli, environment, fails, fake, run, task, useFakeVendor } from './claude-cli.ts';

useFakeVendor();

describe.skipIf(!cli)('the claude CLI in trouble', () => {
  it('PC-CLAUDE-16 a conversation that the CLI does not know is an invalid request', async () => {
    const { ws } = await run({ turns: [{ text: 'one' }] });
    const file = join(ws, '.pandacode/sessions/claude/s.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"thread_id": "[^"]+"/, '"thread_id": "11111111-1111-4111-8111-111111111111"'));
    const { code, report } = await run({ turns: [{ text: 'two' }] }, [], {}, ws, 'resume');
    expect(code).toBe(1);
    expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringContaining('No conversation found') });
  });

  it.each([
    ['400', { status: 400, type: 'invalid_request_error', message: 'nope' }, 'invalid_request', false],
    ['401', { status: 401, type: 'authentication_error', message: 'bad key' }, 'auth', false],
    ['403', { status: 403, type: 'permission_error', message: 'not yours' }, 'auth', false],
    ['429', { status: 429, type: 'rate_limit_error', message: 'slow down', headers: { 'retry-after': '1' } }, 'rate_limit', true],
    ['500', { status: 500, message: 'oops' }, 'overloaded', true],
    ['529', { status: 529, type: 'overloaded_error', message: 'Overloaded' }, 'overloaded', true],
    ['HTML 502', { status: 502, html: true, message: 'Bad Gateway' }, 'overloaded', true],
  ])('PC-TEST-06 PC-CLAUDE-20 status %s', async (_, error, category, retryable) => {
    const { code, report } = await run(fails(error), [], { CLAUDE_CODE_MAX_RETRIES: '1' });
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, state: 'failed', error: { category, retryable } });
    expect(report.error.message).not.toBe('');
  });

  it('PC-WD-05 401 does not wait for the retries of the CLI', async () => {
    const started = Date.now();
    const { report } = await run(fails({ status: 401, message: 'bad key' }), [], { CLAUDE_CODE_MAX_RETRIES: '10' });
    expect(report.error.category).toBe('auth');
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it.each([
    ['a dropped connection', { drop: true }],
    ['a break within the stream', [{ text: 'half of it' }, { cut: true }]],
  ])('PC-TEST-07 %s is a network failure', async (_, action) => {
    const { report } = await run({ turns: [action] }, [], { CLAUDE_CODE_MAX_RETRIES: '1' });
    expect(report.error).toMatchObject({ category: 'network', retryable: true });
  });

  it('PC-CLAUDE-20 a refused port is a network failure', async () => {
    const { report } = await run({ turns: [{ text: 'x' }] }, [], { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', CLAUDE_CODE_MAX_RETRIES: '1' });
    expect(report.error.category).toBe('network');
  });

  it('PC-CLAUDE-20 no key is an auth failure', async () => {
    const { report } = await run({ turns: [{ text: 'x' }] }, ['--claude-mode', 'bare'], {
      ANTHROPIC_API_KEY: '',
      CLAUDE_CONFIG_DIR: join(workspace(), 'empty'),
    });
    expect(report.error.category).toBe('auth');
  });

  it('PC-CLAUDE-20 a cut answer is the output limit', async () => {
    const { report } = await run({ turns: [[{ text: 'abc' }, { truncate: true }]] });
    expect(report).toMatchObject({ state: 'failed', error: { category: 'output_limit' } });
  });

  it('PC-TEST-07 a refused content is named', async () => {
    const { report } = await run({ turns: [[{ text: 'I' }, { filter: true }]] });
    expect(report).toMatchObject({ ok: false, error: { category: 'content_filter' } });
  });

  it('PC-CLAUDE-17 PC-CLAUDE-20 the turn cap is blocked', async () => {
    const { report } = await run({ turns: [{ bash: 'true' }, { bash: 'true' }, { text: 'x' }] }, ['--max-steps', '1']);
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'max_turns' } });
  });

  it('PC-CLAUDE-17 PC-CLAUDE-20 the cost cap is blocked', async () => {
    const { report } = await run({ turns: [{ bash: 'true' }, { text: 'x' }], usage: { input: 1_000_000, output: 10_000 } }, ['--max-cost', '0.001']);
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'budget' } });
  });

  it('PC-USE-10 the token cap is counted from events', async () => {
    const { report } = await run({ turns: [{ bash: 'true' }, { bash: 'sleep 30' }, { text: 'x' }], usage: { input: 5000, output: 10 } }, [
      '--max-total-tokens',
      '6000',
    ]);
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'budget' }, usage: { estimated: true } });
  });

  it('PC-TEST-07 broken tool arguments do not end the run', async () => {
    const { report } = await run({ turns: [{ tool: { name: 'Bash', raw: '{not json' } }, { text: 'recovered' }] });
    expect(report).toMatchObject({ ok: true, last_agent_message: 'recovered' });
  });

  it('PC-KILL-02 PC-TEST-08 a timeout ends the shell of the real CLI and keeps the usage so far', async () => {
    const ws = workspace();
    const { report } = await untilReached(
      () => existsSync(join(ws, 'shell.pid')),
      (limitMs) => run({ turns: [{ bash: 'echo $$ > shell.pid; exec sleep 321' }, { text: 'x' }] }, ['--timeout-ms', String(limitMs)], {}, ws),
    );
    expect(report).toMatchObject({ state: 'timeout', usage: { estimated: true, input: 100 } });
    expect(runs(Number(readFileSync(join(ws, 'shell.pid'), 'utf8')))).toBe(false);
  });

  it('PC-KILL-02 a SIGKILL of the real CLI leaves no shell behind', async () => {
    const ws = workspace();
    const { ended } = await startPandacode(['claude', 'exec', '--cd', ws, '--session', 's', '-', '--json', '--pid-file', join(ws, '..', 'pid.json')], {
      input: task({ turns: [{ bash: 'echo $$ > shell.pid; exec sleep 321' }, { text: 'x' }] }),
      env: environment(),
    });
    await until(() => existsSync(join(ws, 'shell.pid')) && readFileSync(join(ws, 'shell.pid'), 'utf8').trim() !== '', 'the shell');
    const { children } = JSON.parse(readFileSync(join(ws, '..', 'pid.json'), 'utf8')) as { children: { pid: number }[] };
    process.kill(children[0]!.pid, 'SIGKILL');
    expect((await ended).report).toMatchObject({ ok: false, error: { category: 'internal', retryable: true } });
    expect(runs(Number(readFileSync(join(ws, 'shell.pid'), 'utf8')))).toBe(false);
  });

  it.each([
    ['SIGTERM during a tool', 'SIGTERM', { bash: 'echo $$ > shell.pid; exec sleep 321' }, 'internal', true],
    ['SIGINT during a tool', 'SIGINT', { bash: 'echo $$ > shell.pid; exec sleep 321' }, 'cancelled', false],
    ['SIGINT during a request', 'SIGINT', { hang: 60_000 }, 'cancelled', false],
  ] as const)('PC-TEST-06 PC-CLAUDE-20 %s, sent by another', async (_, signal, action, category, retryable) => {
    const ws = workspace();
    const { ended } = await startPandacode(['claude', 'exec', '--cd', ws, '--session', 's', '-', '--json', '--pid-file', join(ws, '..', 'pid.json')], {
      input: task({ turns: [action, { text: 'x' }] }),
      env: environment(),
    });
    const shell = join(ws, 'shell.pid');
    if ('bash' in action) await until(() => existsSync(shell) && readFileSync(shell, 'utf8').trim() !== '', 'the shell');
    else await until(() => [...fake.open].some(({ body }) => JSON.stringify(body).includes('hang')), 'the request');
    const { children } = JSON.parse(readFileSync(join(ws, '..', 'pid.json'), 'utf8')) as { children: { pid: number }[] };
    process.kill(children[0]!.pid, signal);
    const { code, report } = await ended;
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, error: { category, retryable } });
    if (existsSync(shell)) expect(runs(Number(readFileSync(shell, 'utf8')))).toBe(false);
  });

  it('PC-CLAUDE-21 an overloaded provider is asked three times, not eleven', async () => {
    const before = fake.requests.length;
    const { report } = await run(fails({ status: 529, type: 'overloaded_error', message: 'Overloaded' }));
    expect(report.error.category).toBe('overloaded');
    const asked = fake.requests.slice(before).filter((request) => request.status === 529);
    expect(asked).toHaveLength(3);
  });
});
