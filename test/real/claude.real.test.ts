import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pandacode, workspace } from '../support/pandacode.ts';
import { cli, environment, fake, run, task, useFakeVendor } from './claude-cli.ts';

useFakeVendor();

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

  it('PC-USE-09 the invented cost of an unknown model is not passed on', async () => {
    const { report } = await run({ turns: [{ text: 'x' }] }, ['--model', 'somebody-elses-model']);
    expect(report).toMatchObject({ ok: true, cost: { amount: null, basis: 'none' } });
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
