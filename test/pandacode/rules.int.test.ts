import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pandacode, removeWorkspaces, standIn, workspace } from '../support/pandacode.ts';

afterAll(removeWorkspaces);

/** A program of a few lines that stands in for a CLI in one test. */
function program(body: string): string {
  const path = join(workspace(), '..', 'cli.mjs');
  writeFileSync(path, `#!/usr/bin/env node\n${body}\n`, { mode: 0o755 });
  return path;
}

const lines = `import { init, print, result, say, stdin } from ${JSON.stringify(standIn('claude-lines'))};\n`;

async function claude(body: string, flags: string[] = []) {
  const ws = workspace();
  return {
    ...(await pandacode(['claude', 'exec', '--cd', ws, '--session', 's', '--task', 'x', '--json', '--claude-bin', program(lines + body), ...flags])),
    ws,
  };
}

async function codex(body: string, flags: string[] = []) {
  const ws = workspace();
  const print = 'const print = (line) => console.log(JSON.stringify(line));\n';
  return { ...(await pandacode(['codex', 'exec', '--cd', ws, '--session', 's', '--task', 'x', '--json', '--codex-bin', program(print + body), ...flags])), ws };
}

describe('what is refused before anything is started', () => {
  it.each([
    ['a provider on claude names the gateway', ['claude', 'exec', '--provider', 'kimi'], /^--provider is only supported by Bamboo;.*--gateway/],
    ['a provider on codex names the gateway', ['codex', 'exec', '--provider', 'kimi'], /^--provider is only supported by Bamboo;.*--gateway/],
    ['a provider on acp', ['acp', 'exec', '--provider', 'kimi'], /^--provider is only supported by Bamboo;/],
    ['a gateway on acp', ['acp', 'exec', '--gateway', 'deepseek'], /^--gateway is for the claude and codex runtimes/],
    ['an unknown effort', ['claude', 'exec', '--effort', 'extreme'], /--effort must be one of none, minimal, low, medium, high, xhigh, max; got "extreme"/],
    ['an unknown effort of another runtime', ['codex', 'exec', '--effort', 'HIGH'], /--effort must be one of/],
  ])('PC-CLI-06 PC-CLI-07 %s', async (_, args, message) => {
    const ws = workspace();
    const { code, report } = await pandacode([...args, '--cd', ws, '--task', 'x', '--json']);
    expect(code).toBe(2);
    expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringMatching(message) });
    expect(existsSync(join(ws, '.pandacode'))).toBe(false);
  });
});

describe('one run of a CLI', () => {
  it('PC-ARC-08 a task that fails is not tried again', async () => {
    const count = `import { appendFileSync } from 'node:fs'; appendFileSync('runs.txt', 'x');`;
    const first = await claude(
      `${count} init(); result('API Error: 529', { is_error: true, api_error_status: 529, terminal_reason: 'api_error' }); process.exitCode = 1;`,
    );
    expect(first.report.error).toMatchObject({ category: 'overloaded', retryable: true });
    const second = await codex(`${count} print({ type: 'turn.failed', error: { message: 'unexpected status 500' } }); process.exitCode = 1;`);
    expect(second.report.error).toMatchObject({ category: 'overloaded', retryable: true });
    expect([first, second].map(({ ws }) => readFileSync(join(ws, 'runs.txt'), 'utf8'))).toEqual(['x', 'x']);
  });

  it('PC-CODEX-14 PC-CODEX-15 a task of codex is one exec turn, without the side roads of the CLI', async () => {
    const { report, ws } = await codex(`
      import { appendFileSync } from 'node:fs';
      appendFileSync('calls.txt', JSON.stringify(process.argv.slice(2)) + '\\n');
      print({ type: 'thread.started', thread_id: 't' });
      print({ type: 'item.completed', item: { id: 'i', type: 'agent_message', text: 'done' } });
      print({ type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } });`);
    expect(report.ok).toBe(true);
    const calls = readFileSync(join(ws, 'calls.txt'), 'utf8').trim().split('\n');
    const turns = calls.map((line) => JSON.parse(line) as string[]).filter((argv) => argv[0] === 'exec');
    expect(turns).toHaveLength(1);
    for (const word of ['fork', 'review', '--worktree', '--add-dir', '-i', '--approve-for-me', '-p']) expect(turns[0]).not.toContain(word);
  });

  it('PC-CODEX-23 what codex reports as changed counts where git cannot tell', async () => {
    const { report } = await codex(`
      print({ type: 'thread.started', thread_id: 't' });
      print({ type: 'item.completed', item: { id: 'i', type: 'file_change', changes: [{ path: 'b.txt', kind: 'add' }, { path: process.cwd() + '/a.txt', kind: 'update' }] } });
      print({ type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } });`);
    expect(report.changed_files).toEqual(['a.txt', 'b.txt']);
  });

  it('PC-ARC-05 the CLI is not trusted with the schema: a value of its own channel is checked like any other', async () => {
    const ws = workspace();
    const schema = join(ws, 'schema.json');
    writeFileSync(schema, JSON.stringify({ type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }));
    const flags = ['--schema-file', schema, '--schema-repairs', '0'];
    const wrong = await claude(`init(); result('', { structured_output: { n: 'one' } });`, flags);
    expect(wrong.report).toMatchObject({ ok: false, error: { category: 'schema_mismatch', issues: ['$.n must be number'] }, rejected_output: { n: 'one' } });
    const right = await claude(`init(); result('', { structured_output: { n: 1 } });`, flags);
    expect(right.report).toMatchObject({ ok: true, structured_output: { n: 1 } });
  });

  it('PC-CLAUDE-24 the last message is the result, else what was said last, else the value', async () => {
    expect((await claude(`init(); say('said'); result('the result');`)).report.last_agent_message).toBe('the result');
    expect((await claude(`init(); say('first'); say('said'); result('');`)).report.last_agent_message).toBe('said');
    const schema = join(workspace(), 'schema.json');
    writeFileSync(schema, '{"type":"object"}');
    expect((await claude(`init(); result('', { structured_output: { n: 1 } });`, ['--schema-file', schema])).report.last_agent_message).toBe('{"n":1}');
    expect((await claude(`init(); result('');`)).report.last_agent_message).not.toBe('');
  });

  it('PC-CLAUDE-14 without a wish the model is opus and the effort max', async () => {
    const { report } = await claude(`init(); result(JSON.stringify(process.argv.slice(2)));`);
    const argv = JSON.parse(report.last_agent_message) as string[];
    expect(argv.join(' ')).toContain('--model opus --effort max');
    expect(report).toMatchObject({ effort: 'max' });
  });

  it('PC-ARC-02 the official CLIs are run headless', async () => {
    const { report } = await claude(`init(); result(JSON.stringify(process.argv.slice(2)));`);
    expect(JSON.parse(report.last_agent_message)).toEqual(expect.arrayContaining(['-p', '--output-format', 'stream-json', '--verbose']));
    const tell = await pandacode(['codex', 'exec', '--cd', workspace(), '--task', 'x', '--json', '--codex-bin', standIn('codex-tell')]);
    expect((JSON.parse(tell.report.last_agent_message) as { argv: string[] }).argv.slice(0, 2)).toEqual(['exec', '--json']);
  });

  it('PC-ERR-05 stderr is shown cut, and is never the message when there is a better one', async () => {
    const noise = `process.stderr.write('NOISE ' + 'n'.repeat(5000) + ' end');`;
    const { report } = await claude(
      `${noise} init(); result('API Error: 400 the real reason', { is_error: true, api_error_status: 400, terminal_reason: 'api_error' }); process.exitCode = 1;`,
    );
    expect(report.error).toMatchObject({ category: 'invalid_request', message: 'API Error: 400 the real reason' });
    expect(report.stderr_tail).toHaveLength(1200);
    expect(report.stderr_tail.endsWith('nnn end')).toBe(true);
    const failed = await codex(`${noise} print({ type: 'turn.failed', error: { message: 'the real reason' } }); process.exitCode = 1;`);
    expect(failed.report.error.message).toBe('the real reason');
    const { ok, stderr_tail } = (await claude(`init(); result('fine');`)).report;
    expect({ ok, stderr_tail }).toEqual({ ok: true, stderr_tail: undefined });
  });

  it('PC-WD-04 partial messages keep the run alive, bytes on stderr do not', async () => {
    const partial = `{ type: 'stream_event', event: { type: 'content_block_delta' } }`;
    const ticking = (what: string) => `init(); let n = 0; const t = setInterval(() => { ${what} if (++n === 15) { clearInterval(t); result('done'); } }, 100);`;
    const alive = await claude(ticking(`print(${partial});`), ['--idle-timeout-ms', '700']);
    expect(alive.report).toMatchObject({ ok: true, last_agent_message: 'done' });
    const dead = await claude(ticking(`process.stderr.write('still here\\n');`), ['--idle-timeout-ms', '700']);
    expect(dead.report).toMatchObject({ state: 'timeout', error: { message: expect.stringContaining('idle limit') } });
  });

  it('PC-EV-06 each event is a line on stderr', async () => {
    const { stderr } = await claude(`init(); say('hello'); result('done');`);
    const events = stderr.trim().split('\n');
    for (const line of events) expect(line).toMatch(/^pandacode-run runtime=claude event=[a-z.]+$/);
    expect(events.at(0)).toBe('pandacode-run runtime=claude event=run.started');
    expect(events.at(-1)).toBe('pandacode-run runtime=claude event=run.finished');
  });

  it('PC-USE-03 summary.usage keeps the names of each CLI, always with a total', async () => {
    const usage = { inputTokens: 10, outputTokens: 3, cacheReadInputTokens: 5, cacheCreationInputTokens: 2 };
    const one = await claude(`init(); result('x', { modelUsage: { m: ${JSON.stringify(usage)} } });`);
    expect(one.report.summary.usage).toEqual({
      total_tokens: 20,
      input_tokens: 10,
      output_tokens: 3,
      cache_read_input_tokens: 5,
      cache_creation_input_tokens: 2,
    });
    expect(one.report.usage).toMatchObject({ input: 17, output: 3, total_tokens: 20 });
    const two = await pandacode(['codex', 'exec', '--cd', workspace(), '--task', 'x', '--json', '--codex-bin', standIn('codex-tell')]);
    expect(two.report.summary.usage).toMatchObject({
      total_tokens: 12,
      tokenUsage: { total: { totalTokens: 12 } },
      input_tokens: 10,
      cached_input_tokens: 4,
      output_tokens: 2,
      reasoning_output_tokens: 1,
    });
  });

  it('PC-STATE-07 the record names its files, and names the latest ones beside them after a resume', async () => {
    const { report, ws } = await claude(`init(); result('x');`);
    const { artifacts } = report.record;
    expect(artifacts).toMatchObject({ transport: 'direct' });
    for (const name of ['prompt_file', 'dispatch_prompt_file', 'debug_log', 'event_log']) expect(existsSync(artifacts[name]), name).toBe(true);
    for (const gone of ['tmux_session', 'session_socket', 'pending_marker']) expect(artifacts).not.toHaveProperty(gone);
    const resumed = await pandacode(['claude', 'resume', '--cd', ws, '--session', 's', '--task', 'y', '--json', '--claude-bin', standIn('tell')]);
    const later = resumed.report.record.artifacts;
    expect(later.prompt_file).toBe(artifacts.prompt_file);
    expect(later.last_prompt_file).not.toBe(artifacts.prompt_file);
    expect(readFileSync(later.last_prompt_file, 'utf8')).toBe('y');
  });
});
