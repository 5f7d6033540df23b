import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, runs, untilReached, workspace } from '../support/pandacode.ts';

const cli = installedCli('codex');
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

const schema = { type: 'object', properties: { ok: { type: 'boolean' }, note: { type: 'string' } }, required: ['ok'], additionalProperties: false };

function task(scenario: Scenario): string {
  return `Do the task.\n<fake-llm>${JSON.stringify(scenario)}</fake-llm>`;
}

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PANDACODE_CODEX_BASE_URL: `${fake.url}/v1`, CODEX_API_KEY: 'sk-fake-0123456789abcdef', PANDACODE_CODEX_BIN: cli, ...more };
}

async function run(scenario: Scenario, args: string[] = [], env: NodeJS.ProcessEnv = {}, ws = workspace(), command = 'exec') {
  const ended = await pandacode(['codex', command, '--cd', ws, '--session', 's', '-', '--json', ...args], { input: task(scenario), env: environment(env) });
  if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
  return { ...ended, ws };
}

function withSchema(value: object = schema): { ws: string; flags: string[] } {
  const ws = workspace();
  writeFileSync(join(ws, 'schema.json'), JSON.stringify(value));
  return { ws, flags: ['--schema-file', join(ws, 'schema.json')] };
}

const fails = (error: object): Scenario => ({ turns: [{ error }] });

describe.skipIf(!cli)('the codex CLI', () => {
  it('PC-CODEX-16 PC-CODEX-22 works with tools and reports usage, model and changed files', async () => {
    const scenario = {
      turns: [[{ think: 'hm' }, { write: { path: 'new.txt', content: 'hi\n' } }], { bash: 'cat new.txt' }, { text: 'all done' }],
      usage: { input: 1000, output: 10, cacheRead: 100, reasoning: 4 },
    };
    const { code, report, ws } = await run(scenario, ['--effort', 'low']);
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, state: 'completed', model: 'gpt-5.5', effort: 'low', last_agent_message: 'all done', changed_files: ['new.txt'] });
    expect(report.usage).toMatchObject({ input: 3000, cached_input: 300, output: 30, reasoning: 12, total_tokens: 3030 });
    expect(report.summary.usage).toMatchObject({ total_tokens: 3030, tokenUsage: { total: { totalTokens: 3030 } } });
    expect(report.summary.counts).toMatchObject({ agent_messages: 1, errors: 0 });
    expect(report.execute).toMatchObject({ ok: true, exit_code: 0, action: 'execute' });
    expect(report.cost).toEqual({ amount: null, currency: null, basis: 'none' });
    expect(JSON.stringify(report)).not.toContain('sk-fake');
    expect(readFileSync(join(ws, 'new.txt'), 'utf8')).toBe('hi\n');
  });

  it('PC-CMD-08 PC-CMD-06 doctor --live has the CLI answer one word; models lists its catalogue', async () => {
    const ws = workspace();
    const { report } = await pandacode(['codex', 'doctor', '--cd', ws, '--live', '--json'], { env: environment() });
    expect(report.codex).toMatchObject({ ok: true, state: 'available', version: '0.169.0', live_check: { ok: true, model: 'gpt-5.5' } });
    expect(existsSync(join(ws, '.pandacode'))).toBe(false);
    const models = await pandacode(['codex', 'models', '--json'], { env: environment() });
    expect(models.report.codex.models).toContainEqual(expect.objectContaining({ id: 'gpt-5.5', efforts: expect.arrayContaining(['low', 'xhigh']) }));
  });

  it('PC-CODEX-10 no other request leaves the CLI', async () => {
    const before = fake.requests.length;
    await run({ turns: [{ text: 'ok' }] });
    expect(fake.requests.slice(before).filter((request) => request.unhandled)).toEqual([]);
  });

  it('PC-CODEX-11 the key does not reach the shell of the model', async () => {
    const { ws } = await run({ turns: [{ bash: 'env > env.txt' }, { text: 'ok' }] });
    expect(readFileSync(join(ws, 'env.txt'), 'utf8')).not.toContain('sk-fake');
  });

  it('PC-CODEX-03 PC-CODEX-22 PC-REP-01 resume continues the thread and counts only itself', async () => {
    const { ws, report: first } = await run({ turns: [{ text: 'one' }], usage: { input: 500, output: 50 } });
    const { report } = await run({ turns: [{ text: 'two' }], usage: { input: 70, output: 7 } }, [], {}, ws, 'resume');
    expect(report).toMatchObject({ ok: true, last_agent_message: 'two', usage: { input: 70, output: 7 } });
    expect(report.record.thread_id).toBe(first.record.thread_id);
    expect(first.summary.thread_path).toMatch(new RegExp(`/codex/config/sessions/.*rollout-.*${first.record.thread_id}\\.jsonl$`));
    expect(existsSync(first.summary.thread_path)).toBe(true);
    expect(report.record.thread_path).toBe(first.summary.thread_path);
    expect(JSON.stringify(fake.requests.at(-1)?.body['input'])).toContain('one');
  });

  it('PC-CODEX-03 a thread that the CLI does not know is an invalid request', async () => {
    const { ws } = await run({ turns: [{ text: 'one' }] });
    const file = join(ws, '.pandacode/sessions/codex/s.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"thread_id": "[^"]+"/, '"thread_id": "11111111-1111-4111-8111-111111111111"'));
    const { report } = await run({ turns: [{ text: 'two' }] }, [], {}, ws, 'resume');
    expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringContaining('no rollout found') });
  });

  it('PC-CODEX-21 optional properties are nullable on the wire and absent in the result', async () => {
    const { ws, flags } = withSchema();
    const { code, report } = await run({ turns: [{ json: { ok: true, note: null } }] }, flags, {}, ws);
    expect(code).toBe(0);
    expect(report.structured_output).toEqual({ ok: true });
    const format = (fake.requests.at(-1)?.body['text'] as { format: { strict: boolean; schema: { required: string[] } } }).format;
    expect(format).toMatchObject({ strict: true, schema: { required: ['ok', 'note'], additionalProperties: false } });
  });

  it('PC-SCHEMA-01 an array as a schema is wrapped on the wire', async () => {
    const { ws, flags } = withSchema({ type: 'array', items: { type: 'number' } });
    expect((await run({ turns: [{ json: { result: [1, 2] } }] }, flags, {}, ws)).report).toMatchObject({ ok: true, structured_output: [1, 2] });
  });

  it('PC-CODEX-20 PC-SCHEMA-04 prose is repaired in the same thread, and both turns are counted', async () => {
    const { ws, flags } = withSchema();
    const { report } = await run({ turns: [{ text: 'prose' }, { json: { ok: true } }] }, flags, {}, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { ok: true }, usage: { input: 200, output: 40 } });
  });

  it('PC-SCHEMA-06 repair is bounded', async () => {
    const { ws, flags } = withSchema();
    const before = fake.requests.length;
    const { report } = await run({ turns: [{ text: '{"ok":1}' }] }, [...flags, '--schema-repairs', '2'], {}, ws);
    expect(report).toMatchObject({ state: 'failed', error: { category: 'schema_mismatch', issues: ['$.ok must be boolean'] }, rejected_output: { ok: 1 } });
    expect(fake.requests.slice(before).filter((request) => request.url.includes('/responses'))).toHaveLength(3);
  });

  it('PC-CODEX-08 PC-CODEX-09 permission limited writes inside the workspace only', async () => {
    const { report, ws } = await run({ turns: [{ bash: 'echo in > in.txt; echo out > /var/tmp/pandacode-test-outside.txt' }, { text: 'ok' }] }, [
      '--permission',
      'limited',
    ]);
    expect(report).toMatchObject({ ok: true, permission: 'limited' });
    expect(existsSync(join(ws, 'in.txt'))).toBe(true);
    expect(existsSync('/var/tmp/pandacode-test-outside.txt')).toBe(false);
  });

  it.each([
    ['400', { status: 400, type: 'invalid_request_error', message: 'nope' }, 'invalid_request', false],
    ['401', { status: 401, type: 'authentication_error', message: 'bad key' }, 'auth', false],
    ['403', { status: 403, message: 'not yours' }, 'auth', false],
    ['429', { status: 429, type: 'rate_limit_error', message: 'slow down', headers: { 'retry-after': '1' } }, 'rate_limit', true],
    ['500', { status: 500, message: 'oops' }, 'overloaded', true],
    ['HTML 502', { status: 502, html: true, message: 'Bad Gateway' }, 'overloaded', true],
  ])('PC-CODEX-19 status %s', async (_, error, category, retryable) => {
    const { code, report } = await run(fails(error));
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, state: 'failed', error: { category, retryable } });
  });

  it('PC-CODEX-19 a cut answer is the output limit', async () => {
    expect((await run({ turns: [[{ text: 'abc' }, { truncate: true }]] })).report).toMatchObject({
      ok: false,
      last_agent_message: 'abc',
      error: { category: 'output_limit' },
    });
  });

  it('PC-TEST-07 a refused content is named', async () => {
    expect((await run({ turns: [[{ text: 'I' }, { filter: true }]] })).report.error.category).toBe('content_filter');
  });

  it.each([
    ['a dropped connection', { drop: true }],
    ['a break within the stream', [{ text: 'half of it' }, { cut: true }]],
  ])('PC-TEST-07 %s is a network failure', async (_, action) => {
    expect((await run({ turns: [action] })).report.error).toMatchObject({ category: 'network', retryable: true });
  });

  it('PC-WD-06 PC-CODEX-19 a refused port ends as network within half a minute', async () => {
    const started = Date.now();
    const { report } = await run({ turns: [{ text: 'x' }] }, [], { PANDACODE_CODEX_BASE_URL: 'http://127.0.0.1:9/v1' });
    expect(report.error.category).toBe('network');
    expect(Date.now() - started).toBeLessThan(40_000);
  });

  it('PC-CODEX-18 a missing key is an auth failure', async () => {
    const config = [
      'model_provider="p"',
      'model_providers.p.name="p"',
      `model_providers.p.base_url="${fake.url}/v1"`,
      'model_providers.p.env_key="NO_SUCH_KEY"',
      'model_providers.p.wire_api="responses"',
    ];
    const { report } = await run(
      { turns: [{ text: 'x' }] },
      config.flatMap((pair) => ['--codex-config', pair]),
      { PANDACODE_CODEX_BASE_URL: '', CODEX_API_KEY: '' },
    );
    expect(report.error).toMatchObject({ category: 'auth', message: expect.stringContaining('NO_SUCH_KEY') });
  });

  it('PC-CODEX-18 with neither login nor key the run ends at once, without the network', async () => {
    const begun = Date.now();
    const { report } = await run({ turns: [{ text: 'x' }] }, [], { PANDACODE_CODEX_BASE_URL: '', CODEX_API_KEY: '' });
    expect(report.error).toMatchObject({ category: 'auth', next_action: expect.stringContaining('codex login') });
    expect(Date.now() - begun).toBeLessThan(30_000);
  });

  it('PC-CODEX-06 --codex-config names an endpoint, and its key variable is handed on', async () => {
    const config = [
      'model_provider="p"',
      'model_providers.p.name="p"',
      `model_providers.p.base_url="${fake.url}/v1"`,
      'model_providers.p.env_key="MY_KEY"',
      'model_providers.p.wire_api="responses"',
    ];
    const { report } = await run(
      { turns: [{ text: 'x' }] },
      config.flatMap((pair) => ['--codex-config', pair]),
      { PANDACODE_CODEX_BASE_URL: '', CODEX_API_KEY: '', MY_KEY: 'sk-mine' },
    );
    expect(report.ok).toBe(true);
    expect(fake.requests.at(-1)?.headers['authorization']).toBe('Bearer sk-mine');
  });

  it('PC-CODEX-18 a broken configuration is an invalid request', async () => {
    const { report } = await run({ turns: [{ text: 'x' }] }, ['--codex-config', 'model_providers.q.wire_api="chat"']);
    expect(report).toMatchObject({ ok: false, error: { category: 'invalid_request' } });
  });

  it('PC-CODEX-12 an unknown model works, with a warning', async () => {
    const { report } = await run({ turns: [{ text: 'x' }] }, ['--model', 'no-such-model']);
    expect(report.ok).toBe(true);
    expect(report.warnings.join()).toContain('no-such-model');
  });

  it('PC-CODEX-13 effort max goes through where the catalogue lists it', async () => {
    await run({ turns: [{ text: 'x' }] }, ['--model', 'gpt-6-astra', '--effort', 'max']);
    expect(fake.requests.at(-1)?.body['reasoning']).toMatchObject({ effort: 'max' });
  });

  it('PC-USE-10 the step cap is counted from events', async () => {
    const { report } = await run({ turns: [{ bash: 'true' }, { bash: 'sleep 30' }, { text: 'x' }] }, ['--max-steps', '1']);
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'max_turns' } });
  });

  it('PC-KILL-02 PC-WD-08 a timeout ends the shell of the real CLI and keeps the thread', async () => {
    const ws = workspace();
    const { report } = await untilReached(
      () => existsSync(join(ws, 'shell.pid')),
      (limitMs) => run({ turns: [{ bash: 'echo $$ > shell.pid; sleep 321' }, { text: 'x' }] }, ['--timeout-ms', String(limitMs)], {}, ws),
    );
    expect(report).toMatchObject({ state: 'timeout', usage: null });
    expect(report.record.thread_id).toMatch(/-/);
    expect(runs(Number(readFileSync(join(ws, 'shell.pid'), 'utf8')))).toBe(false);
  });

  it('PC-CLI-05 the argv that odw sends works as it is', async () => {
    const ws = workspace();
    const file = join(ws, '..', 'prompt.md');
    writeFileSync(file, task({ turns: [{ text: 'from a file' }] }));
    const args = [
      'codex',
      'exec',
      '--cd',
      ws,
      '--session',
      'r-1',
      '--task-file',
      file,
      '--json',
      '--effort',
      'low',
      '--timeout-ms',
      '60000',
      '--codexctl-bin',
      'codexctl',
      '--permission',
      'max',
    ];
    const { code, report, stderr } = await pandacode(args, { env: environment() });
    expect(code).toBe(0);
    expect(report).toMatchObject({ session: 'r-1', last_agent_message: 'from a file', notes: ['--codexctl-bin is accepted and has no effect'] });
    expect(stderr).not.toContain('codexctl');
  });
});
