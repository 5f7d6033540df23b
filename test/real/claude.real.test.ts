import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, runs, startPandacode, until, untilReached, workspace } from '../support/pandacode.ts';

const cli = installedCli('claude');
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };

function task(scenario: Scenario): string {
  return `Do the task.\n<fake-llm>${JSON.stringify(scenario)}</fake-llm>`;
}

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ANTHROPIC_BASE_URL: fake.url, ANTHROPIC_API_KEY: 'sk-fake-0123456789abcdef', PANDACODE_CLAUDE_BIN: cli, ...more };
}

async function run(scenario: Scenario, args: string[] = [], env: NodeJS.ProcessEnv = {}, ws = workspace(), command = 'exec') {
  const ended = await pandacode(
    ['claude', command, '--cd', ws, '--session', 's', '-', '--json', ...(command === 'exec' ? ['--model', 'sonnet', '--effort', 'low'] : []), ...args],
    { input: task(scenario), env: environment(env) },
  );
  if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
  return { ...ended, ws };
}

function withSchema(value: object = schema): { ws: string; flags: string[] } {
  const ws = workspace();
  writeFileSync(join(ws, 'schema.json'), JSON.stringify(value));
  return { ws, flags: ['--schema-file', join(ws, 'schema.json')] };
}

const fails = (error: object): Scenario => ({ turns: [{ error }] });

describe.skipIf(!cli)('the claude CLI', () => {
  it('PC-CLAUDE-20 PC-TEST-05 done: works with tools and reports usage, cost, model and changed files', async () => {
    const ws = workspace();
    for (const args of [
      ['init', '-q'],
      ['-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-q', '--allow-empty', '-m', 'start'],
    ])
      execFileSync('git', args, { cwd: ws });
    writeFileSync(join(ws, 'mine.txt'), 'edited by the user before');
    const { code, report } = await run(
      { turns: [[{ think: 'hm' }, { bash: 'echo hi > new.txt' }], { text: 'all done' }], usage: { input: 1000, output: 10, cacheRead: 100 } },
      [],
      {},
      ws,
    );
    expect(code).toBe(0);
    expect(report).toMatchObject({
      ok: true,
      state: 'completed',
      exit_code: 0,
      model: 'claude-sonnet-5-5',
      last_agent_message: 'all done',
      changed_files: ['new.txt'],
    });
    expect(report.usage).toEqual({ input: 2200, cached_input: 200, cache_write: 0, output: 20, reasoning: 0, total: 2220, total_tokens: 2220 });
    expect(report.cost).toMatchObject({ currency: 'USD', basis: 'list' });
    expect(report.summary.usage).toEqual({
      total_tokens: 2220,
      input_tokens: 2000,
      output_tokens: 20,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 0,
    });
    expect(JSON.stringify(report)).not.toContain('sk-fake');
  });

  it('PC-CLAUDE-09 PC-CLAUDE-10 bare mode offers three tools and brings the instructions of the project along', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'AGENTS.md'), 'Always whistle.');
    const before = fake.requests.length;
    await run({ turns: [{ text: 'ok' }] }, [], {}, ws);
    const request = fake.requests.slice(before).find((one) => one.url.includes('/messages'));
    expect((request?.body['tools'] as { name: string }[]).map((tool) => tool.name).sort()).toEqual(['Bash', 'Edit', 'Read']);
    expect(JSON.stringify(request?.body['messages'])).toContain('Always whistle.');
    expect(JSON.stringify(request?.body).length).toBeLessThan(12_000);
  });

  it('PC-CLAUDE-11 full mode offers file tools, but no agents or schedules', async () => {
    const before = fake.requests.length;
    const { report } = await run({ turns: [{ write: { path: 'a.txt', content: 'x' } }, { text: 'ok' }] }, ['--claude-mode', 'full']);
    expect(report.ok).toBe(true);
    const names = (fake.requests.slice(before).find((one) => one.url.includes('/messages'))?.body['tools'] as { name: string }[]).map((tool) => tool.name);
    expect(names).toEqual(expect.arrayContaining(['Bash', 'Edit', 'Read', 'Write', 'Glob', 'Grep']));
    expect(names.filter((name) => /Agent|Task|Cron|Workflow|Schedule/.test(name))).toEqual([]);
  });

  it('PC-CLAUDE-06 no other request leaves the CLI', async () => {
    const before = fake.requests.length;
    await run({ turns: [{ text: 'ok' }] });
    expect(fake.requests.slice(before).filter((request) => request.unhandled)).toEqual([]);
  });

  it('PC-CLAUDE-13 PC-CLAUDE-20 permission limited refuses Bash, and the report warns', async () => {
    const { report, ws } = await run({ turns: [{ bash: 'node -e "process.exit()" && touch a.txt' }, { text: 'could not' }] }, ['--permission', 'limited']);
    expect(report).toMatchObject({ ok: true, state: 'completed', permission: 'limited' });
    expect(report.warnings.join()).toContain('refused by the permissions');
    expect(existsSync(join(ws, 'a.txt'))).toBe(false);
  });

  it('PC-CLAUDE-13 --allow-tool opens what it names', async () => {
    const { report, ws } = await run({ turns: [{ bash: 'touch a.txt' }, { text: 'ok' }] }, ['--permission', 'limited', '--allow-tool', 'Bash(touch *)']);
    expect(report.warnings).toEqual([]);
    expect(existsSync(join(ws, 'a.txt'))).toBe(true);
  });

  it('PC-CLAUDE-16 PC-CLAUDE-23 resume continues the conversation and counts only itself', async () => {
    const { ws, report: first } = await run({ turns: [{ text: 'one' }], usage: { input: 500, output: 50 } });
    const { report } = await run({ turns: [{ text: 'two' }], usage: { input: 70, output: 7 } }, [], {}, ws, 'resume');
    expect(report).toMatchObject({ ok: true, action: 'resume', last_agent_message: 'two', usage: { input: 70, output: 7 } });
    expect(report.record.thread_id).toBe(first.record.thread_id);
    expect(report.cost.amount).toBeLessThan(first.cost.amount);
    const sent = JSON.stringify(fake.requests.at(-1)?.body['messages']);
    expect(sent).toContain('one');
  });

  it('PC-CLAUDE-16 a conversation that the CLI does not know is an invalid request', async () => {
    const { ws } = await run({ turns: [{ text: 'one' }] });
    const file = join(ws, '.pandacode/sessions/claude/s.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"thread_id": "[^"]+"/, '"thread_id": "11111111-1111-4111-8111-111111111111"'));
    const { code, report } = await run({ turns: [{ text: 'two' }] }, [], {}, ws, 'resume');
    expect(code).toBe(1);
    expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringContaining('No conversation found') });
  });

  it('PC-CLAUDE-22 PC-SCHEMA-02 takes the value of the CLI’s own channel', async () => {
    const { ws, flags } = withSchema();
    const { code, report } = await run({ turns: [{ json: { ok: true } }] }, flags, {}, ws);
    expect(code).toBe(0);
    expect(report.structured_output).toEqual({ ok: true });
    expect(report.last_agent_message).not.toBe('');
  });

  it('PC-SCHEMA-07 a value {"ok":false} that matches is a success', async () => {
    const { ws, flags } = withSchema();
    expect(await run({ turns: [{ json: { ok: false } }] }, flags, {}, ws)).toMatchObject({ code: 0, report: { ok: true, structured_output: { ok: false } } });
  });

  it.each([
    ['an array', { type: 'array', items: { type: 'number' } }, { result: [1, 2] }, [1, 2]],
    [
      '2020-12 with tuples',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { pair: { type: 'array', prefixItems: [{ type: 'number' }, { $ref: '#/$defs/s' }] } },
        required: ['pair'],
        $defs: { s: { type: 'string' } },
      },
      { pair: [1, 'x'] },
      { pair: [1, 'x'] },
    ],
  ])('PC-SCHEMA-01 %s as a schema', async (_, value, sent, received) => {
    const { ws, flags } = withSchema(value);
    expect((await run({ turns: [{ json: sent }] }, flags, {}, ws)).report).toMatchObject({ ok: true, structured_output: received });
  });

  it('PC-SCHEMA-04 prose is repaired in the same session, and all turns are counted', async () => {
    const { ws, flags } = withSchema();
    const repaired: Scenario = { turns: [{ text: 'prose' }, { text: 'prose again' }, { json: { ok: true } }] };
    const { report } = await run(repaired, flags, {}, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { ok: true } });
    const events = readFileSync(report.artifacts.event_log, 'utf8');
    expect(events).toContain('"schema.repair"');
    expect(report.usage.input).toBeGreaterThanOrEqual(300);
  });

  it('PC-CLAUDE-20 PC-SCHEMA-06 a schema that is never honoured is a mismatch with its problems', async () => {
    const { ws, flags } = withSchema();
    const { code, report } = await run({ turns: [{ text: '{"ok":"yes"}' }] }, [...flags, '--schema-repairs', '1'], {}, ws);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      state: 'failed',
      error: { category: 'schema_mismatch', retryable: true, issues: ['$.ok must be boolean'] },
      rejected_output: { ok: 'yes' },
    });
    expect(report.structured_output).toBeUndefined();
  });

  it('PC-CLAUDE-20 wrong five times in the CLI is a mismatch too', async () => {
    const { ws, flags } = withSchema();
    const { report } = await run({ turns: [{ json: { ok: 1 } }] }, [...flags, '--schema-repairs', '0'], {}, ws);
    expect(report.error.category).toBe('schema_mismatch');
  });

  it('PC-SCHEMA-04 a reply in the error-feedback shape is blocked, not repaired', async () => {
    const { ws, flags } = withSchema({ type: 'object', required: ['answer'] });
    const reply = {
      ok: false,
      origin: { phase: 'p', agent: 'a' },
      error: { category: 'no_access', message: 'no access to the tracker' },
      feedback: { retryable: false, user_message: 'u', next_action: 'Grant access.' },
    };
    const { report } = await run({ turns: [{ text: JSON.stringify(reply) }] }, flags, {}, ws);
    expect(report).toMatchObject({
      ok: false,
      state: 'blocked',
      error: { category: 'blocked', message: 'no access to the tracker', feedback: reply.feedback },
      rejected_output: reply,
    });
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

  it('PC-USE-09 the invented cost of an unknown model is not passed on', async () => {
    const { report } = await run({ turns: [{ text: 'x' }] }, ['--model', 'somebody-elses-model']);
    expect(report).toMatchObject({ ok: true, cost: { amount: null, basis: 'none' } });
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
    else {
      const log = join(ws, '.pandacode/claude/events/s.jsonl');
      await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('session.started'), 'the start');
      // The request follows within a moment; the server names it only when it is answered.
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    const { children } = JSON.parse(readFileSync(join(ws, '..', 'pid.json'), 'utf8')) as { children: { pid: number }[] };
    process.kill(children[0]!.pid, signal);
    const { code, report } = await ended;
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, error: { category, retryable } });
    if (existsSync(shell)) expect(runs(Number(readFileSync(shell, 'utf8')))).toBe(false);
  });

  it('PC-CLAUDE-01 PC-CLAUDE-03 the tested version is the installed one', async () => {
    const { report } = await pandacode(['claude', 'doctor', '--cd', workspace(), '--json'], { env: environment() });
    expect(report.claude).toMatchObject({ ok: true, version: '2.1.328', warnings: [], binary: cli, live_check: null });
  });

  it('PC-CMD-08 doctor --live has the CLI answer one word, and says why it cannot', async () => {
    const ws = workspace();
    const doctor = (env: NodeJS.ProcessEnv) => pandacode(['claude', 'doctor', '--cd', ws, '--live', '--json'], { env });
    const before = fake.requests.length;
    const good = await doctor(environment());
    expect(good.report.claude.live_check).toMatchObject({
      ok: true,
      model: 'claude-opus-5-5',
      elapsed_ms: expect.any(Number),
      usage: { total_tokens: expect.any(Number) },
    });
    expect(JSON.stringify(fake.requests.slice(before).at(-1)?.body['messages'])).toContain('Reply with the single word');
    const bad = await doctor(environment({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', CLAUDE_CODE_MAX_RETRIES: '0' }));
    expect(bad.report.claude).toMatchObject({ ok: true, live_check: { ok: false, error: { category: 'network' } } });
    // It works in a folder of its own.
    expect(existsSync(join(ws, '.pandacode'))).toBe(false);
  });

  it('PC-CLAUDE-21 an overloaded provider is asked three times, not eleven', async () => {
    const before = fake.requests.length;
    const { report } = await run(fails({ status: 529, type: 'overloaded_error', message: 'Overloaded' }));
    expect(report.error.category).toBe('overloaded');
    const asked = fake.requests.slice(before).filter((request) => request.status === 529);
    expect(asked).toHaveLength(3);
  });

  it('PC-CLI-05 the argv that odw sends works as it is', async () => {
    const ws = workspace();
    const file = join(ws, '..', 'prompt.md');
    mkdirSync(ws, { recursive: true });
    writeFileSync(file, task({ turns: [{ text: 'from a file' }] }));
    const { code, report } = await pandacode(
      ['claude', 'exec', '--cd', ws, '--session', 'run-1-a-1-1', '--task-file', file, '--json', '--model', 'haiku', '--effort', 'low', '--timeout-ms', '60000'],
      { env: environment() },
    );
    expect(code).toBe(0);
    expect(report).toMatchObject({ session: 'run-1-a-1-1', last_agent_message: 'from a file', model: 'claude-haiku-5-5' });
  });
});
