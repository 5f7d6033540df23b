import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspace } from '../../support/pandacode.ts';
import { messagesOf, taskOf, testKey, toolResults, useBamboo } from './bamboo-run.ts';

const bamboo = useBamboo();

describe('a bamboo run', () => {
  it('PC-ARC-03 PC-BAMBOO-02 PC-REP-01 works with tools and answers in prose', async () => {
    const turns = [
      { write: { path: 'src/a.txt', content: 'one\n' } },
      { edit: { path: 'src/a.txt', old: 'one', new: 'two' } },
      { bash: 'cat src/a.txt' },
      { text: 'It says two.' },
    ];
    const { code, report, ws, stderr } = await bamboo.exec(taskOf(turns, { usage: { input: 100, output: 20, cacheRead: 40, reasoning: 5 } }));
    expect(code).toBe(0);
    expect(readFileSync(join(ws, 'src/a.txt'), 'utf8')).toBe('two\n');
    expect(report).toMatchObject({
      ok: true,
      state: 'completed',
      driver: 'bamboo-native',
      model: 'deepseek-flash',
      last_agent_message: 'It says two.',
      changed_files: ['src/a.txt'],
      usage: { input: 400, cached_input: 160, output: 80, reasoning: 20, total: 480, total_tokens: 480, calls: 4 },
      cost: { amount: 0.00016896, currency: 'USD', basis: 'price_file' },
      summary: {
        status: 'success',
        provider: 'deepseek',
        summary: 'It says two.',
        usage: { calls: 4, input_tokens: 400, output_tokens: 80, reasoning_tokens: 20, total_tokens: 480, cache_hit_tokens: 160, cache_miss_tokens: 240 },
        cache: { hit_tokens: 160, miss_tokens: 240, hit_rate: 0.4 },
        changed_files: ['src/a.txt'],
      },
      record: { provider: 'deepseek', state: 'idle', thread_id: report.summary.run_id },
    });
    expect(stderr).toMatch(/^usage provider=deepseek model=deepseek-flash input=100 output=20 /m);
    expect(stderr).toMatch(/^bamboo-run step=1 action=write ok=true$/m);
    expect(stderr).not.toContain('pandacode-run');
  });

  it('PC-BAMBOO-01 stable messages come first and are the same bytes for every task', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'AGENTS.md'), 'Use tabs.');
    writeFileSync(join(ws, '.env'), 'SECRET=1');
    writeFileSync(join(ws, 'README.md'), 'x'.repeat(30_000));
    await bamboo.exec(taskOf([{ text: 'a' }], {}, 'first'), { ws, flags: ['--cache-prefix', 'House rules.'] });
    await bamboo.exec(taskOf([{ text: 'b' }], {}, 'second'), { ws, flags: ['--cache-prefix', 'House rules.'] });
    const [one, two] = bamboo.requests(ws).map(messagesOf);
    expect(one!.slice(0, 2)).toEqual(two!.slice(0, 2));
    expect(one!.map((message) => message.role)).toEqual(['system', 'user', 'user']);
    const stable = String(one![1]!.content);
    expect(stable).toContain('Use tabs.');
    expect(stable).toContain('House rules.');
    expect(stable).toContain('cut after 24000 characters');
    expect(stable).not.toContain('.env');
    expect(String(one![2]!.content)).toContain('first');
    expect([bamboo.requests(ws)[0]!.body['prompt_cache_key'], bamboo.requests(ws)[0]!.body['tool_choice']]).toEqual([undefined, undefined]);
  });

  it('PC-BAMBOO-03 PC-QUIRK-02 offers the tools of the table and asks for nothing else', async () => {
    const { ws } = await bamboo.exec(taskOf([{ text: 'a' }]));
    const { body } = bamboo.requests(ws)[0]!;
    expect((body['tools'] as { function: { name: string } }[]).map((one) => one.function.name)).toEqual([
      'read',
      'search',
      'edit',
      'write',
      'bash',
      'ask_user',
      'finish',
    ]);
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model', 'reasoning_effort', 'stream', 'stream_options', 'thinking', 'tools']);
    expect(JSON.stringify(body)).not.toContain('"strict"');
  });

  it('PC-BAMBOO-05 PC-BAMBOO-06 PC-BAMBOO-08 every call of a turn gets one result, in order, also when some fail', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'a.txt'), 'alpha\nbeta\n');
    const turns = [
      [
        { read: 'a.txt' },
        { tool: { name: 'search', input: { query: 'beta' } } },
        { tool: { name: 'bash', raw: '{"cmd": "echo' } },
        { tool: { name: 'teleport', input: {} } },
        { tool: { name: 'write', input: { path: 'b.txt' } } },
        { bash: 'exit 3' },
      ],
      { text: 'done' },
    ];
    await bamboo.exec(taskOf(turns), { ws });
    const second = bamboo.requests(ws)[1]!;
    const calls = messagesOf(second).find((one) => one.role === 'assistant')!.tool_calls!;
    expect(
      messagesOf(second)
        .filter((one) => one.role === 'tool')
        .map((one) => one.tool_call_id),
    ).toEqual(calls.map((one) => one.id));
    const [read, search, broken, unknown, missing, failed] = toolResults(second);
    expect(read).toMatchObject({ action: 'read', ok: true, path: 'a.txt', output: '     1\talpha\n     2\tbeta', duration_ms: expect.any(Number) });
    expect(search).toMatchObject({ action: 'search', ok: true, output: 'a.txt:2:beta' });
    expect(broken).toMatchObject({ ok: false, message: expect.stringContaining('not valid JSON'), help: expect.stringContaining('bash takes {cmd: string') });
    expect(unknown).toMatchObject({ ok: false, message: 'unknown tool teleport', help: expect.stringContaining('read, search') });
    expect(missing).toMatchObject({ ok: false, message: 'write: the argument content is missing' });
    expect(failed).toMatchObject({ action: 'bash', ok: false, exit_code: 3 });
  });

  it('PC-BAMBOO-09 older tool names run as their successor', async () => {
    const ws = workspace();
    const turns = [
      [
        { tool: { name: 'write_file', input: { file_path: 'a.txt', content: 'one' } } },
        { tool: { name: 'append_file', input: { path: 'a.txt', content: ' two' } } },
        { tool: { name: 'replace_text', input: { path: 'a.txt', old_string: 'two', newString: 'three' } } },
        { tool: { name: 'shell', input: { command: 'cat a.txt' } } },
        { tool: { name: 'list_files', input: {} } },
      ],
      { text: 'done' },
    ];
    await bamboo.exec(taskOf(turns), { ws });
    const results = toolResults(bamboo.requests(ws)[1]);
    expect(results.map((one) => one['ok'])).toEqual([true, true, true, true, true]);
    expect([results[3]!['stdout'], results[4]!['output']]).toEqual(['one three', 'a.txt']);
  });

  it('PC-QUIRK-03 PC-QUIRK-04 reasoning goes back as it came; thoughts inside a text are kept in history and removed from the answer', async () => {
    const turns = [[{ think: 'first I look' }, { bash: 'true' }], { text: '<think>now I know</think>The answer is 4.' }];
    const { report, ws } = await bamboo.exec(taskOf(turns, { requireReasoningEcho: true }));
    expect(report.last_agent_message).toBe('The answer is 4.');
    expect(messagesOf(bamboo.requests(ws)[1]).find((one) => one.role === 'assistant')!.reasoning_content).toBe('first I look');
    expect(readFileSync(report.record.thread_path, 'utf8')).toContain('now I know');
  });

  it('PC-BAMBOO-19 a blocked task is blocked, with the reason', async () => {
    const { code, report } = await bamboo.exec(taskOf([{ tool: { name: 'finish', input: { status: 'blocked', summary: 'There is no such file.' } } }]));
    expect(code).toBe(1);
    expect(report).toMatchObject({
      ok: false,
      state: 'blocked',
      error: { category: 'blocked', message: 'There is no such file.' },
      summary: { summary: 'There is no such file.' },
    });
  });

  it('PC-BAMBOO-18 finish ends the run; claims of the model are marked as claims', async () => {
    const input = { status: 'done', summary: 'All written.', verification: ['npm test: 3 passed'] };
    const { code, report } = await bamboo.exec(taskOf([{ tool: { name: 'finish', input } }]));
    expect([code, report.last_agent_message]).toEqual([0, 'All written.']);
    expect(report.summary.verification).toEqual([{ command: 'npm test: 3 passed', exit_code: null, ok: null, source: 'model', claim: true }]);
  });

  it('PC-BAMBOO-17 a failing check goes back to the model, and success counts when it passes', async () => {
    const turns = [
      { tool: { name: 'finish', input: { status: 'success', summary: 'done' } } },
      { write: { path: 'ok.txt', content: 'yes' } },
      { text: 'Now it is done.' },
    ];
    const { report, ws } = await bamboo.exec(taskOf(turns), { flags: ['--verify', 'test -f ok.txt', '--verify', 'true'] });
    expect(report).toMatchObject({ ok: true, last_agent_message: 'Now it is done.' });
    expect(toolResults(bamboo.requests(ws)[1])[0]).toMatchObject({
      action: 'finish',
      ok: false,
      message: expect.stringContaining('test -f ok.txt failed (exit code 1)'),
    });
    expect(report.summary.verification).toEqual([
      { command: 'test -f ok.txt', exit_code: 0, ok: true, source: 'verify' },
      { command: 'true', exit_code: 0, ok: true, source: 'verify' },
    ]);
  });

  it('PC-BAMBOO-17 --auto-verify runs the tests that the project has', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'package.json'), JSON.stringify({ scripts: { test: 'echo tested > tested.txt' } }));
    const { report } = await bamboo.exec(taskOf([{ text: 'done' }]), { ws, flags: ['--auto-verify'] });
    expect(report.summary.verification).toMatchObject([{ command: 'npm test', ok: true }]);
    expect(existsSync(join(ws, 'tested.txt'))).toBe(true);
  });

  it('PC-ENV-07 PC-ENV-09 the key reaches neither the shell nor any file or report', async () => {
    const { report, ws, stdout, stderr } = await bamboo.exec(taskOf([{ bash: 'env' }, { text: 'done' }]), {
      flags: ['--pass-env', '*_API_KEY', '--pass-env', 'MINE'],
      env: { MINE: 'yes', BAMBOO_API_KEY: testKey },
    });
    const shell = String(toolResults(bamboo.requests(ws)[1])[0]!['stdout']);
    expect([shell.includes('MINE=yes'), shell.includes('API_KEY')]).toEqual([true, false]);
    const written = [
      report.artifacts.event_log,
      report.record.thread_path,
      join(report.artifacts.run_dir, 'report.json'),
      join(ws, '.pandacode/sessions/bamboo/s.json'),
    ].map((file) => readFileSync(file, 'utf8'));
    expect([stdout, stderr, ...written].some((text) => text.includes(testKey))).toBe(false);
  });

  it('PC-EV-04 PC-EV-05 PC-REP-10 the run folder holds events, report, metadata, transcript and what a later run needs', async () => {
    const { report } = await bamboo.exec(taskOf([{ tool: { name: 'bash', raw: 'no json' } }, { text: 'done' }]), { flags: ['--verify', 'true'] });
    const folder = report.artifacts.run_dir as string;
    const types = readFileSync(report.record.artifacts.event_log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    for (const type of [
      'run.started',
      'session.started',
      'model.completed',
      'model.tool_calls_received',
      'model.tool_call_parse_error',
      'tool.finished',
      'verification.finished',
      'final_audit.finished',
      'run.finished',
    ])
      expect(types).toContain(type);
    const written = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Record<string, unknown>;
    expect(written).toMatchObject({
      model_settings: { provider: 'deepseek', effort: 'high', max_tokens: 16384 },
      stable_context: { characters: expect.any(Number) },
      steps: [
        { step: 1, action: 'bash', ok: false },
        { step: 2, action: 'answer', ok: true },
      ],
      final_audit: { status: expect.any(String) },
      cache_diagnostics: { hit_tokens: 0 },
    });
    expect(existsSync(join(folder, 'metadata.json')) && existsSync(join(folder, 'resume-context.md'))).toBe(true);
    expect(readFileSync(join(folder, '../latest'), 'utf8').trim()).toBe(report.record.run_id);
  });
});
