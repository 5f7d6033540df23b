import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pandacode, readJson, removeWorkspaces, runs, until, workspace } from '../../support/pandacode.ts';
import { run, startRun } from './scripted.ts';

afterAll(removeWorkspaces);

describe('an agent that misbehaves', () => {
  it('PC-ACP-04 lines that are no messages are named and left out', async () => {
    const { report } = await run(
      [{ raw: 'hello?' }, { raw: '{"half":' }, { raw: '[]' }, { raw: '{"jsonrpc":"1.0"}' }, { say: 'fine' }, { raw: 'x' }, { raw: 'y' }],
      {
        words: ['greeting'],
      },
    );
    expect(report).toMatchObject({ ok: true, last_agent_message: 'fine' });
    expect(report.warnings).toHaveLength(5);
    expect(report.warnings[0]).toContain('Welcome to the agent!');
  });

  it('PC-ACP-04 updates and requests that nobody knows do not end the turn', async () => {
    const { report } = await run([
      { update: { sessionUpdate: 'brand_new', x: 1 } },
      { update: { sessionUpdate: 'plan', entries: 'wrong' } },
      { unknownRequest: 'craft/thing' },
      { say: ' fine' },
    ]);
    expect(report.ok).toBe(true);
    expect(report.last_agent_message).toMatch(/refused: .*fine/);
  });

  it('PC-ACP-01 a huge chunk comes through whole', async () => {
    const { report } = await run([{ huge: 3_000_000 }]);
    expect(report.last_agent_message).toHaveLength(3_000_000);
  });

  it.each([
    ['max_tokens', 'output_limit', 'failed'],
    ['max_turn_requests', 'max_turns', 'blocked'],
    ['refusal', 'content_filter', 'failed'],
    ['cancelled', 'cancelled', 'stopped'],
  ])('PC-ACP-01 PC-ERR-01 the stop reason %s is %s', async (reason, category, state) => {
    const { code, report } = await run([{ say: 'part' }, { stop: reason }]);
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, state, error: { category }, last_agent_message: 'part', summary: { stop_reason: reason } });
  });

  it.each([
    ['a code that says it', { code: -32000, message: 'Authentication required' }, 'auth'],
    ['an HTTP status in the details', { code: -32603, message: 'Internal error', data: { details: '401 bad key' } }, 'auth'],
    ['a rate limit in words', { code: -32603, message: 'Internal error: rate limit reached, try again in 7s' }, 'rate_limit'],
    ['a broken connection', { code: -32603, message: 'Internal error', data: { details: 'connect ECONNREFUSED 127.0.0.1:9' } }, 'network'],
    ['a number that is no status', { code: -32603, message: 'Internal error', data: { details: 'read 500 files in 429 ms' } }, 'internal'],
    ['no words', { code: -32603, message: 'Internal error' }, 'internal'],
  ])('PC-ACP-04 PC-ERR-02 an error with %s is classified late', async (_, error, category) => {
    const { report } = await run([{ say: 'part' }, { error }]);
    expect(report.error).toMatchObject({ category });
    if (category === 'rate_limit') expect(report.error.retry_after_ms).toBe(7000);
  });

  it('PC-ACP-04 a turn without a word is no success', async () => {
    const { report } = await run([]);
    expect(report.error).toMatchObject({ category: 'internal', retryable: true, message: expect.stringContaining('without a word') });
  });

  it('PC-ACP-03 an agent that stops without a word because it was refused something is blocked', async () => {
    const { report } = await run([{ tool: { id: 'p' } }, { silentPermission: { title: 'rm things', kind: 'execute' } }], {
      flags: ['--permission', 'limited'],
    });
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'blocked', message: expect.stringContaining('rm things') } });
  });

  it('PC-ACP-04 an agent that goes away in the middle', async () => {
    const { report } = await run([{ say: 'part' }, { stderr: 'Missing environment variable: KEY' }, { wait: 100 }, { exit: 1 }]);
    expect(report).toMatchObject({ ok: false, error: { category: 'auth' }, last_agent_message: 'part' });
    const killed = await run([{ say: 'part' }, { wait: 100 }, { kill: true }]);
    expect(killed.report.error).toMatchObject({ category: 'internal', retryable: true, message: expect.stringContaining('SIGKILL') });
  });

  it('PC-ACP-01 another version of the protocol is refused', async () => {
    const { report } = await run([{ say: 'x' }], { words: ['version-2'] });
    expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringContaining('version 2') });
  });

  it('PC-WD-01 PC-WD-08 a time limit ends a hanging agent, keeps what is known, and the session can go on', async () => {
    const { code, report, ws } = await run([{ say: 'part' }, { sleeper: true }, { tool: { id: 'o', open: true } }, { hang: true }], {
      words: ['stubborn'],
      flags: ['--timeout-ms', '2500'],
    });
    expect(code).toBe(1);
    expect(report).toMatchObject({ state: 'timeout', error: { category: 'pandacode_timeout' }, record: { thread_id: expect.any(String) } });
    const [, pid] = /part(\d+)/.exec(report.last_agent_message)!;
    expect(runs(Number(pid))).toBe(false);
    const next = await run([{ say: 'on' }], { ws, command: 'resume' });
    expect(next.report).toMatchObject({ ok: true, last_agent_message: 'on' });
  });

  it('PC-WD-03 silence ends the run by the idle limit', async () => {
    const { report } = await run([{ say: 'part' }, { hang: true }], { flags: ['--idle-timeout-ms', '700'] });
    expect(report).toMatchObject({ state: 'timeout', error: { message: expect.stringContaining('idle limit') } });
  });

  it('PC-KILL-04 PC-KILL-01 what the agent leaves behind is ended and named', async () => {
    const { report } = await run([{ sleeper: true }]);
    expect(runs(Number(report.last_agent_message))).toBe(false);
    expect(report.warnings).toEqual([expect.stringContaining('outlived the agent')]);
  });

  it('PC-OUT-07 PC-KILL-05 SIGTERM ends the agent and is reported', async () => {
    const { child, ended, ws } = await startRun([{ say: 'part' }, { hang: true }]);
    const record = join(ws, '.pandacode/sessions/acp/s.json');
    await until(() => existsSync(record) && typeof readJson(record)['thread_id'] === 'string', 'the session');
    child.kill('SIGTERM');
    const { code, report } = await ended;
    expect(code).toBe(143);
    expect(report).toMatchObject({ state: 'stopped', error: { category: 'cancelled' } });
  });

  it.each([
    ['--max-steps 1', [{ tool: { id: '1' } }, { tool: { id: '2' } }, { hang: true }], 'max_turns'],
    ['--max-total-tokens 50', [{ update: { sessionUpdate: 'usage_update', used: 51, size: 100 } }, { hang: true }], 'budget'],
    ['--max-cost 0.5', [{ update: { sessionUpdate: 'usage_update', used: 1, size: 100, cost: { amount: 0.6, currency: 'USD' } } }, { hang: true }], 'budget'],
  ])('PC-ACP-04 PC-USE-10 %s ends the run', async (flags, list, category) => {
    const { report } = await run(list, { flags: flags.split(' ') });
    expect(report).toMatchObject({ ok: false, state: 'blocked', error: { category } });
  });

  it('PC-ACP-01 an agent that is not there', async () => {
    const { report } = await pandacode(['acp', 'exec', '--cd', workspace(), '--json', '--task', 'x', '--agent', '/no/such/agent --acp']);
    expect(report).toMatchObject({ ok: false, error: { category: 'not_installed', message: expect.stringContaining('/no/such/agent') } });
    const none = await pandacode(['acp', 'exec', '--cd', workspace(), '--json', '--task', 'x'], { env: { PATH: '/nowhere' } });
    expect(none.report.error).toMatchObject({ category: 'not_installed', message: expect.stringContaining('opencode') });
  });
});
