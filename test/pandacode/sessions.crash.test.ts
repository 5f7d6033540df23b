import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFakeLlm, type FakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, runs, startPandacode } from '../support/pandacode.ts';
import { atWork, runtimesAtWork } from './at-work.ts';

// The commands about a session, the same for every runtime. Each test starts many processes in turn.
vi.setConfig({ testTimeout: 240_000 });
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

describe.each(runtimesAtWork)('a session of %s', (runtime) => {
  it.each([
    ['interrupt', 'idle'],
    ['stop', 'stopped'],
  ])('PC-KILL-05 PC-CMD-01 PC-STATE-04 shows that it is at work, is busy for others, ends by %s, and can be resumed', async (command, state) => {
    const one = atWork(runtime, fake);
    const { env } = one;
    const { ended } = await startPandacode(one.exec, { env });
    await one.atWork();
    const shell = one.shell();
    const status = await pandacode(one.command('status'), { env });
    expect(status).toMatchObject({ code: 0, report: { ok: true, state: 'running', runtime, session: 's', pending_user_input: null } });
    expect(status.report.run).toMatchObject({ pid: expect.any(Number), elapsed_ms: expect.any(Number), last_event: { type: expect.any(String) } });
    const busy = await pandacode(one.next, { env });
    expect(busy).toMatchObject({ code: 1, report: { ok: false, state: 'failed', error: { category: 'session_busy', retryable: true } } });
    expect(runs(shell)).toBe(true);
    const answer = await pandacode(one.command(command), { env });
    expect(answer).toMatchObject({ code: 0, report: { ok: true, state, action: command, notes: [] } });
    expect(await ended).toMatchObject({ code: 143, report: { ok: false, state: 'stopped', exit_code: 143, error: { category: 'cancelled' } } });
    expect(runs(shell)).toBe(false);
    expect((await pandacode(one.command('status'), { env })).report.state).toBe(state);
    const resumed = await pandacode(one.resume, { env });
    expect(resumed).toMatchObject({ code: 0, report: { ok: true, action: 'resume', session: 's' } });
  });

  it('PC-CMD-01 PC-CMD-02 PC-CMD-03 PC-CMD-04 PC-REP-06 PC-OUT-01 PC-OUT-03 tells of itself when it is over', async () => {
    const one = atWork(runtime, fake);
    const { env } = one;
    writeFileSync(join(one.ws, 'go'), '');
    const done = await pandacode(one.exec, { env });
    expect(done).toMatchObject({ code: 0, report: { ok: true, state: 'completed' } });
    const ask = (name: string, ...more: string[]) => pandacode([...one.command(name), ...more], { env });
    expect((await ask('status')).report).toMatchObject({ ok: true, state: 'idle', record: { session: 's', runtime } });
    expect((await ask('artifacts')).report).toMatchObject({
      ok: true,
      state: 'available',
      action: 'artifacts',
      workspace: one.ws,
      record_path: expect.stringContaining('/sessions/'),
      artifacts: { event_log: done.report.record.artifacts.event_log },
    });
    expect(existsSync(done.report.record.artifacts.event_log)).toBe(true);
    const { lines } = (await ask('logs', '--tail', '3')).report as { lines: string[] };
    expect(lines.join('\n')).toContain('run.finished');
    const plain = await pandacode([runtime, 'logs', '--cd', one.ws, '--session', 's', '--tail', '3'], { env });
    expect(plain).toMatchObject({ code: 0, stdout: `${lines.join('\n')}\n` });
    const list = await pandacode([runtime, 'list', '--cd', one.ws, '--json'], { env });
    expect(list.report[runtime]).toMatchObject([{ session: 's', state: 'idle' }]);
    expect((await ask('interrupt')).report).toMatchObject({ ok: true, state: 'idle', notes: ['nothing was running'] });
    const answer = await ask('answer', '--text', 'yes');
    expect(answer).toMatchObject({
      code: 1,
      report: { ok: false, error: { category: 'invalid_request', message: expect.stringMatching(/ session s is not waiting for user input$/) } },
    });
    expect((await ask('stop')).report).toMatchObject({ ok: true, state: 'stopped', notes: ['nothing was running'] });
    expect((await pandacode([runtime, 'status', '--cd', one.ws, '--json'], { env })).report).toMatchObject({ session: 's', state: 'stopped' });
  });

  it('PC-OUT-05 PC-OUT-06 PC-REP-07 an unknown session is an error of every command, in words and as JSON', async () => {
    const { ws, env } = atWork(runtime, fake);
    const words = await pandacode([runtime, 'status', '--cd', ws, '--session', 'nope'], { env });
    expect(words).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^pandacode: \w+ has no session nope in .*\n.*list.*\n$/) });
    for (const command of ['status', 'artifacts', 'logs', 'interrupt', 'stop']) {
      const json = await pandacode([runtime, command, '--cd', ws, '--session', 'nope', '--json'], { env });
      expect(json).toMatchObject({ code: 1, stderr: '', report: { ok: false, error: { category: 'invalid_request', next_action: expect.any(String) } } });
    }
    for (const args of [
      ['resume', '--task', 'x'],
      ['answer', '--text', 'x'],
    ]) {
      const json = await pandacode([runtime, ...args, '--cd', ws, '--session', 'nope', '--json'], { env });
      expect(json).toMatchObject({ code: 1, report: { ok: false, state: 'failed', error: { category: 'invalid_request' } } });
    }
  });
});

describe('a session that waits for a person', () => {
  it('PC-KILL-05 PC-BAMBOO-20 goes on waiting after an interrupt that met no run, and can be answered', async () => {
    const { ws, env, command } = atWork('bamboo', fake);
    const task = `Ask. <fake-llm>${JSON.stringify({ turns: [{ tool: { name: 'ask_user', input: { question: 'Which?' } } }, { text: 'thanks' }] })}</fake-llm>`;
    expect((await pandacode(['bamboo', 'exec', '--cd', ws, '--session', 's', '--json', '--task', task], { env })).code).toBe(3);
    expect((await pandacode(command('interrupt'), { env })).report).toMatchObject({ ok: true, state: 'waiting_for_user' });
    expect((await pandacode(command('status'), { env })).report).toMatchObject({ state: 'waiting_for_user', pending_user_input: { question: 'Which?' } });
    expect(await pandacode([...command('answer'), '--text', 'this'], { env })).toMatchObject({ code: 0, report: { last_agent_message: 'thanks' } });
  });
});
