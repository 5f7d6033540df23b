import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, runs, startPandacode, until, untilReached, workspace } from '../support/pandacode.ts';

// A real agent of the protocol: the adapter of Claude Code, over the pinned CLI.
const adapter = installedCli('claude-agent-acp');
const claude = installedCli('claude');
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

function invocation(scenario: Scenario, args: string[], ws: string, command: string) {
  return {
    argv: ['acp', command, '--cd', ws, '--session', 's', '-', '--json', ...args],
    options: {
      input: `Do the task.\n<fake-llm>${JSON.stringify(scenario)}</fake-llm>`,
      env: {
        ANTHROPIC_BASE_URL: fake.url,
        ANTHROPIC_API_KEY: 'sk-fake-0123456789abcdef',
        CLAUDE_CODE_EXECUTABLE: claude,
        PANDACODE_ACP_AGENT: adapter,
      },
    },
  };
}

async function run(scenario: Scenario, args: string[] = [], ws = workspace(), command = 'exec') {
  const { argv, options } = invocation(scenario, args, ws, command);
  const ended = await pandacode(argv, options);
  if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
  return { ...ended, ws };
}

const work: Scenario = {
  turns: [{ write: { path: 'new.txt', content: 'hi\n' } }, { bash: 'cat new.txt > copy.txt' }, { text: 'all done' }],
  usage: { input: 1000, output: 10, cacheRead: 100 },
};

describe.skipIf(!adapter || !claude)('a real ACP agent', () => {
  it('PC-ACP-01 PC-ACP-05 PC-REP-04 works with tools and reports usage, model and changed files', async () => {
    const { code, report, ws } = await run(work, ['--model', 'haiku', '--effort', 'low']);
    expect(report).toMatchObject({ ok: true, state: 'completed', last_agent_message: 'all done', model: 'claude-haiku-5-5', changed_files: ['new.txt'] });
    expect(code).toBe(0);
    expect(report.usage).toMatchObject({ input: 3300, cached_input: 300, output: 30, total_tokens: 3330 });
    expect(report.summary).toMatchObject({ stop_reason: 'end_turn', agent: 'claude-agent-acp', agent_info: { version: '0.100.0' } });
    expect(readFileSync(join(ws, 'copy.txt'), 'utf8')).toBe('hi\n');
    expect(JSON.stringify(report)).not.toContain('sk-fake');
    expect(fake.requests.filter((request) => request.unhandled)).toEqual([]);
  });

  it('PC-ACP-03 limited: the edit is made, the command is refused', async () => {
    const { report, ws } = await run(work, ['--permission', 'limited']);
    expect(report).toMatchObject({ ok: true, changed_files: ['new.txt'] });
    expect(existsSync(join(ws, 'copy.txt'))).toBe(false);
    expect(report.warnings).toContainEqual(expect.stringContaining('refused to claude-agent-acp: cat new.txt > copy.txt'));
  });

  it('PC-ACP-01 resume goes on in the same conversation', async () => {
    const { ws, report: first } = await run({ turns: [{ text: 'one' }] });
    const { report } = await run({ turns: [{ text: 'two' }], usage: { input: 50, output: 5 } }, [], ws, 'resume');
    expect(report).toMatchObject({ ok: true, last_agent_message: 'two', usage: { total_tokens: 55 } });
    expect(report.summary.thread_id).toBe(first.summary.thread_id);
    expect(JSON.stringify(fake.requests.at(-1)?.body['messages'])).toContain('one');
  });

  it('PC-ACP-04 PC-SCHEMA-04 a reply that does not match is repaired in the same session', async () => {
    const ws = workspace();
    const file = join(ws, '..', 'schema.json');
    writeFileSync(file, JSON.stringify({ type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }));
    const { report } = await run({ turns: [{ text: 'prose' }, { text: '{"ok":true}' }] }, ['--schema-file', file], ws);
    expect(report).toMatchObject({ ok: true, structured_output: { ok: true } });
  });

  it('PC-ACP-03 a question waits for a person, and the answer goes on', async () => {
    const options = ['Red', 'Blue'].map((label) => ({ label, description: label }));
    const input = { questions: [{ question: 'Which colour?', header: 'Colour', multiSelect: false, options }] };
    const { code, report, ws } = await run({ turns: [{ tool: { name: 'AskUserQuestion', input } }, { text: 'after' }] });
    expect(code).toBe(3);
    expect(report).toMatchObject({ state: 'waiting_for_user', pending_user_input: { question: 'Which colour?', options: ['Red', 'Blue'] } });
    const { options: shared } = invocation({ turns: [] }, [], ws, 'answer');
    const answered = await pandacode(['acp', 'answer', '--cd', ws, '--session', 's', '--json', '--choice', '2'], { env: shared.env });
    expect(answered.report).toMatchObject({ ok: true });
    expect(JSON.stringify(fake.requests.at(-1)?.body['messages'])).toContain('Blue');
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [400, 'invalid_request'],
    [529, 'overloaded'],
  ])('PC-ACP-04 PC-TEST-07 a provider that answers %i is %s', async (status, category) => {
    const { code, report } = await run({ turns: [{ error: { status, message: 'no' } }] }, ['--timeout-ms', '120000']);
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, state: 'failed', error: { category } });
  });

  it('PC-TEST-08 a time limit and SIGTERM leave no shell behind', async () => {
    const scenario: Scenario = { turns: [{ bash: 'echo $$ > pid.txt; sleep 300' }, { text: 'ok' }] };
    const place = workspace();
    const limited = await untilReached(
      () => existsSync(join(place, 'pid.txt')),
      (limitMs) => run(scenario, ['--timeout-ms', String(limitMs)], place),
    );
    expect(limited.report).toMatchObject({ state: 'timeout', error: { category: 'pandacode_timeout' } });
    expect(runs(Number(readFileSync(join(limited.ws, 'pid.txt'), 'utf8')))).toBe(false);
    const ws = workspace();
    const { argv, options } = invocation(scenario, [], ws, 'exec');
    const { child, ended } = await startPandacode(argv, options);
    await until(() => existsSync(join(ws, 'pid.txt')) && readFileSync(join(ws, 'pid.txt'), 'utf8').endsWith('\n'), 'the shell');
    child.kill('SIGTERM');
    expect((await ended).report).toMatchObject({ state: 'stopped', exit_code: 143 });
    expect(runs(Number(readFileSync(join(ws, 'pid.txt'), 'utf8')))).toBe(false);
  });
});
