import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { runs, until, workspace } from '../../support/pandacode.ts';
import { messagesOf, taskOf, toolResults, useBamboo } from './bamboo-run.ts';

const bamboo = useBamboo();

const error = (status: number, more: Record<string, unknown> = {}) => taskOf([{ error: { status, message: `no luck with ${status}`, ...more } }]);

describe('errors of a vendor', () => {
  it.each([
    [400, {}, 'invalid_request', false],
    [401, {}, 'auth', false],
    [402, {}, 'quota', false],
    [403, {}, 'auth', false],
    [404, {}, 'invalid_request', false],
    [429, { message: 'You exceeded your current quota' }, 'quota', false],
    [429, { headers: { 'retry-after': '300' } }, 'rate_limit', true],
    [400, { message: 'blocked by our content policy' }, 'content_filter', false],
  ] as const)('PC-TEST-07 PC-BAMBOO-12 status %i %j ends the run at once as %s', async (status, more, category, retryable) => {
    const { code, report, ws } = await bamboo.exec(error(status, more));
    expect([code, report.state, report.error.category, report.error.retryable]).toEqual([1, 'failed', category, retryable]);
    expect(report.error.message).toContain(`HTTP ${status}`);
    expect(report.error.retry_after_ms).toBe('headers' in more ? 300_000 : undefined);
    expect(bamboo.requests(ws)).toHaveLength(1);
    expect(report.usage).toBeNull();
  });

  it.each([
    [429, { 'retry-after': '0' }, 'rate_limit'],
    [500, { 'retry-after': '0' }, 'overloaded'],
    [529, { 'retry-after-ms': '10' }, 'overloaded'],
    [408, { 'retry-after': '0' }, 'overloaded'],
  ])('PC-BAMBOO-12 status %i is tried four times, after the wait that it names', async (status, headers, category) => {
    const { report, ws } = await bamboo.exec(error(status, { headers }));
    expect([report.error.category, report.error.retryable, bamboo.requests(ws).length]).toEqual([category, true, 4]);
  });

  it('PC-QUIRK-05 an HTML page is classified by its status, and its text is readable', async () => {
    const { report } = await bamboo.exec(taskOf([{ error: { status: 502, html: true, message: 'Bad Gateway', headers: { 'retry-after': '0' } } }]));
    expect(report.error).toMatchObject({ category: 'overloaded', message: 'HTTP 502: 502 Bad Gateway' });
  });

  it.each([
    ['dropped before an answer', [{ drop: true }]],
    ['dropped in the middle of an answer', [[{ text: 'a text that breaks off in the middle' }, { cut: true }]]],
  ])('PC-TEST-07 a connection %s is network trouble, tried again', async (_, turns) => {
    const { report, ws } = await bamboo.exec(taskOf(turns), { flags: ['--timeout-ms', '60000'] });
    expect([report.error.category, report.error.retryable, bamboo.requests(ws).length]).toEqual(['network', true, 4]);
    expect(report.last_agent_message).toBe('');
  });

  it('PC-ENV-07 a key that a vendor repeats in its refusal is not shown', async () => {
    const key = 'zz.0123456789.abcdef';
    const { stdout, report } = await bamboo.exec(error(401, { message: `the key ${key} is not known` }), { env: { DEEPSEEK_API_KEY: key } });
    expect([stdout.includes(key), report.error.message]).toEqual([false, 'HTTP 401: the key *** is not known']);
  });

  it('PC-TEST-07 a refused port is network trouble', async () => {
    const { report } = await bamboo.exec('x', { env: { DEEPSEEK_BASE_URL: 'http://127.0.0.1:59999' }, flags: ['--timeout-ms', '20000'] });
    expect(report.error.category).toBe('network');
    expect(report.error.message).toContain('ECONNREFUSED');
  });

  it('PC-BAMBOO-11 silence before the first byte ends a call', async () => {
    const { report, ws } = await bamboo.exec(taskOf([[{ hang: 3000 }, { text: 'late' }]]), { flags: ['--model-timeout-ms', '300', '--timeout-ms', '20000'] });
    expect(report.error).toMatchObject({ category: 'network', message: 'the model said nothing for 300 ms' });
    expect(bamboo.requests(ws).length).toBeGreaterThan(1);
  });

  it('PC-BAMBOO-11 PC-WD-02 silence after the first bytes ends a call, and the overall limit ends everything', async () => {
    const server: Server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { role: 'assistant', content: 'half' } }] })}\n\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const DEEPSEEK_BASE_URL = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const silent = await bamboo.exec('x', { env: { DEEPSEEK_BASE_URL }, flags: ['--model-timeout-ms', '200', '--timeout-ms', '3000'] });
    expect(['network', 'pandacode_timeout']).toContain(silent.report.error.category);
    const over = await bamboo.exec('x', { env: { DEEPSEEK_BASE_URL }, flags: ['--timeout-ms', '1500'] });
    expect(over.report).toMatchObject({ state: 'timeout', error: { category: 'pandacode_timeout', retryable: true } });
    server.closeAllConnections();
    server.close();
  });

  it('PC-ENV-06 a missing key is found before any run folder is made, and the attempt is visible', async () => {
    const ws = workspace();
    const { code, report } = await bamboo.exec('x', { ws, env: { DEEPSEEK_API_KEY: '' } });
    expect([code, report.state]).toEqual([1, 'failed']);
    expect(report.error).toMatchObject({
      category: 'auth',
      message: 'missing API key; set PANDACODE_BAMBOO_API_KEY, BAMBOO_API_KEY, or a provider-specific API key',
      next_action: expect.stringContaining('DEEPSEEK_API_KEY'),
    });
    expect(() => readFileSync(join(ws, '.pandacode/bamboo/runs/latest'))).toThrow();
    const status = await bamboo.exec('', { ws, command: ['bamboo', 'status'] }).catch(() => undefined);
    expect(status?.report.error ?? status?.report).toBeDefined();
    expect(JSON.parse(readFileSync(join(ws, '.pandacode/sessions/bamboo/s.json'), 'utf8'))).toMatchObject({ state: 'failed', provider: 'deepseek' });
  });
});

describe('limits of the loop', () => {
  it('PC-BAMBOO-10 used-up steps are max_turns; the model is told before', async () => {
    const { report, ws } = await bamboo.exec(taskOf([{ bash: 'date +%N' }]), { flags: ['--max-steps', '6'] });
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'max_turns' } });
    const told = bamboo.requests(ws).map((one) => messagesOf(one).some((message) => String(message.content).includes('turns are left')));
    expect(told).toEqual([false, false, false, true, true, true]);
  });

  it('PC-BAMBOO-15 the third identical call in a row is not carried out', async () => {
    const { ws } = await bamboo.exec(taskOf([{ bash: 'echo x >> log.txt' }]), { flags: ['--max-steps', '5'] });
    expect(readFileSync(join(ws, 'log.txt'), 'utf8')).toBe('x\nx\n');
    expect(toolResults(bamboo.requests(ws).at(-1)).map((one) => one['ok'])).toEqual([true, true, false, false]);
  });

  it('PC-BAMBOO-13 an answer cut at the limit is not carried out; the third in a row ends the run', async () => {
    const { report, ws } = await bamboo.exec(taskOf([[{ write: { path: 'a.txt', content: 'half' } }, { truncate: true }]]));
    expect(report.error.category).toBe('output_limit');
    expect([bamboo.requests(ws).length, report.changed_files]).toEqual([3, []]);
    expect(toolResults(bamboo.requests(ws)[1])[0]).toMatchObject({ ok: false, message: expect.stringContaining('cut off') });
  });

  it('PC-BAMBOO-14 the fourth empty reply in a row ends the run', async () => {
    const { report, ws } = await bamboo.exec(taskOf([{ text: '' }]));
    expect([report.error.category, report.error.retryable, bamboo.requests(ws).length]).toEqual(['internal', true, 4]);
  });

  it('PC-TEST-07 a refusal of the content filter is said so', async () => {
    expect((await bamboo.exec(taskOf([[{ text: 'I' }, { filter: true }]]))).report.error.category).toBe('content_filter');
  });

  it.each([
    ['--max-total-tokens', '200', 'tokens'],
    ['--max-input-tokens', '150', 'input tokens'],
    ['--max-output-tokens', '30', 'output tokens'],
    ['--max-cost', '0.0001', 'USD'],
  ])('PC-BAMBOO-16 %s %s ends the run as budget, and the tools of that turn are not run', async (flag, value, what) => {
    const { report, ws } = await bamboo.exec(taskOf([{ bash: 'echo x >> log.txt' }]), { flags: [flag, value] });
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'budget', message: expect.stringContaining(what) } });
    expect([bamboo.requests(ws).length, readFileSync(join(ws, 'log.txt'), 'utf8')]).toEqual([2, 'x\n']);
  });

  it('PC-BAMBOO-16 a cost budget that nothing can measure ends the run before the first call', async () => {
    const { report, ws } = await bamboo.exec('x', { flags: ['--max-cost', '1', '--model', 'deepseek-unknown'] });
    expect([report.error.category, bamboo.requests(ws).length]).toEqual(['budget', 0]);
    const yuan = await bamboo.exec(taskOf([{ text: 'ok' }]), { flags: ['--max-cost', '1', '--max-cost-currency', 'CNY'] });
    expect(yuan.report.error.message).toContain('no rate into CNY');
  });

  it('PC-USE-08 PC-USE-07 with a rate, cost is given in both currencies', async () => {
    const { report } = await bamboo.exec(taskOf([{ text: 'ok' }]), {
      flags: ['--max-cost', '1', '--max-cost-currency', 'CNY'],
      env: { PANDACODE_BAMBOO_USD_CNY_RATE: '7' },
    });
    expect(report.cost).toMatchObject({
      amount: 0.000054,
      currency: 'USD',
      basis: 'price_file',
      source: 'builtin',
      converted: { amount: 0.000378, currency: 'CNY', usd_cny_rate: 7 },
    });
  });

  it('PC-QUIRK-06 a vendor that reports no usage is estimated', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        `data: ${JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, delta: { content: 'yes' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const DEEPSEEK_BASE_URL = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const { report } = await bamboo.exec('x', { env: { DEEPSEEK_BASE_URL } });
    server.close();
    expect(report).toMatchObject({ ok: true, model: 'm', usage: { estimated: true, calls: 1 } });
    expect(report.usage.input).toBeGreaterThan(300);
  });
});

describe('shell commands of a run', () => {
  it('PC-BAMBOO-07 a command at its limit ends with its whole tree and keeps its output', async () => {
    const { report, ws } = await bamboo.exec(
      taskOf([{ tool: { name: 'bash', input: { cmd: 'echo before; (setsid sleep 60 & echo $! > pid.txt); sleep 60', timeout_ms: 500 } } }, { text: 'done' }]),
    );
    expect(report.ok).toBe(true);
    expect(toolResults(bamboo.requests(ws)[1])[0]).toMatchObject({ ok: false, timed_out: true, stdout: expect.stringContaining('before') });
    expect(runs(Number(readFileSync(join(ws, 'pid.txt'), 'utf8')))).toBe(false);
  });

  it('PC-BAMBOO-07 PC-KILL-04 background children are reported, live until the end of the run, and are ended then', async () => {
    const turns = [{ bash: 'sleep 60 & echo $! > pid.txt' }, { bash: 'kill -0 $(cat pid.txt) && echo alive' }, { text: 'done' }];
    const { report, ws } = await bamboo.exec(taskOf(turns));
    const [first, second] = toolResults(bamboo.requests(ws)[2]);
    expect([first!['message'], second!['stdout']]).toEqual([expect.stringContaining('left in the background'), 'alive\n']);
    expect(report.warnings.join()).toContain('ended a process that outlived the agent');
    expect(runs(Number(readFileSync(join(ws, 'pid.txt'), 'utf8')))).toBe(false);
  });

  it('PC-TEST-08 PC-OUT-07 SIGTERM ends a run in a tool, with its tree, and the report keeps what was used', async () => {
    const { child, ended, ws } = await bamboo.start(taskOf([{ bash: 'echo $$ > pid.txt; sleep 60' }]));
    const pid = () => Number(readFileSync(join(ws, 'pid.txt'), 'utf8'));
    await until(() => {
      try {
        return pid() > 0;
      } catch {
        return false;
      }
    }, 'the command to start');
    child.kill('SIGTERM');
    const { code, report } = await ended;
    expect([code, report.state, report.error.category, report.usage.estimated]).toEqual([143, 'stopped', 'cancelled', true]);
    expect(runs(pid())).toBe(false);
  });
});

describe('attacks in what the model does', () => {
  it('PC-SAFE-03 PC-SAFE-04 secrets come out by no tool', async () => {
    const ws = workspace();
    const { writeFileSync, mkdirSync, symlinkSync } = await import('node:fs');
    mkdirSync(join(ws, 'deep/node_modules'), { recursive: true });
    for (const file of ['.env', 'deep/.env', 'deep/server.pem', 'deep/node_modules/x.js']) writeFileSync(join(ws, file), 'TOPSECRET=1\n');
    writeFileSync(join(ws, '..', 'outside.txt'), 'TOPSECRET=2\n');
    symlinkSync(join(ws, '..'), join(ws, 'link'));
    writeFileSync(join(ws, 'ok.txt'), 'nothing\n');
    const tool = (name: string, input: Record<string, unknown>) => ({ tool: { name, input } });
    const turns = [
      [
        tool('read', { path: '.env' }),
        tool('read', { paths: ['deep/.env', '../outside.txt', 'link/outside.txt'] }),
        tool('read', { path: 'link' }),
        tool('search', { query: 'TOPSECRET' }),
        tool('search', { query: 'TOPSECRET', path: 'deep' }),
        tool('bash', { cmd: 'cat .env' }),
        tool('bash', { cmd: 'cat deep/.en*' }),
        tool('write', { path: 'link/evil.txt', content: 'x' }),
        tool('edit', { patch: '--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-TOPSECRET=1\n+X=2\n' }),
        tool('edit', { patch: '--- /dev/null\n+++ b/../evil.txt\n@@ -0,0 +1 @@\n+x\n' }),
        tool('read', { path: '.', mode: 'list' }),
      ],
      { text: 'done' },
    ];
    const { report } = await bamboo.exec(taskOf(turns), { ws });
    expect(report.ok).toBe(true);
    const results = toolResults(bamboo.requests(ws)[1]);
    expect(results.map((one) => one['ok'])).toEqual([false, false, false, true, true, false, false, false, false, false, true]);
    // The queries hold the word; nothing else may.
    expect(JSON.stringify(results)).not.toMatch(/TOPSECRET=/);
    expect(String(results.at(-1)!['output']).split('\n')).toEqual(['link', 'ok.txt']);
    expect(readFileSync(join(ws, '.env'), 'utf8')).toBe('TOPSECRET=1\n');
  });

  it('PC-ERR-06 a key in the output of a command does not go to the model', async () => {
    const { ws } = await bamboo.exec(taskOf([{ bash: 'echo sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }, { text: 'done' }]));
    expect(toolResults(bamboo.requests(ws)[1])[0]!['stdout']).toBe('sk-***\n');
  });
});
