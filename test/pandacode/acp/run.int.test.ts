import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pandacode, removeWorkspaces, workspace } from '../../support/pandacode.ts';
import { run, scriptedAgent, steps, type Step } from './scripted.ts';

afterAll(removeWorkspaces);

const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };

function withSchema() {
  const ws = workspace();
  writeFileSync(join(ws, '..', 'schema.json'), JSON.stringify(schema));
  return { ws, flags: ['--schema-file', join(ws, '..', 'schema.json')] };
}

describe('a turn with an agent', () => {
  it('PC-ACP-01 PC-ARC-04 PC-REP-01 ends with its last message, its thread and what it is', async () => {
    const { code, report } = await run([
      { say: 'I ', id: '1' },
      { say: 'begin', id: '1' },
      { tool: { id: 't1', title: 'Look', kind: 'read' } },
      { say: 'all ', id: '2' },
      { say: 'done', id: '2' },
    ]);
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, state: 'completed', runtime: 'acp', driver: 'acp', last_agent_message: 'all done', model: 'small', effort: null });
    expect(report.summary).toMatchObject({ ok: true, status: 'completed', stop_reason: 'end_turn', agent: 'node', agent_info: { name: 'scripted' } });
    expect(report.record).toMatchObject({ state: 'idle', thread_id: expect.stringMatching(/^session-\d+$/), driver: 'acp' });
    expect(report.warnings).toEqual([]);
  });

  it('PC-EV-02 PC-EV-05 PC-ACP-01 updates become the common events', async () => {
    const { report, ws } = await run([
      { say: 'one' },
      { tool: { id: 't', title: 'Write', kind: 'edit', path: join(workspace(), 'x') } },
      { tool: { id: 'u', title: 'Fail', status: 'failed' } },
      { say: 'two' },
    ]);
    const log = readFileSync(report.record.artifacts.event_log, 'utf8').trim().split('\n');
    const events = log.map((line) => JSON.parse(line) as { type: string; data: Record<string, unknown> });
    expect(events.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
      'run.started',
      'session.started',
      'message',
      'tool.started',
      'tool.finished',
      'file.changed',
      'tool.started',
      'tool.finished',
      'message',
      'run.finished',
    ]);
    expect(events.find(({ type }) => type === 'run.finished')?.data).toMatchObject({ last_assistant_message: 'two' });
    expect(events.filter(({ type }) => type === 'tool.finished').map(({ data }) => data['ok'])).toEqual([true, false]);
    expect(report.record.artifacts.event_log.startsWith(ws)).toBe(true);
  });

  it('PC-ACP-05 sets mode, model and effort by the options of the agent', async () => {
    const { report } = await run([{ chosen: true }], { flags: ['--model', 'LARGE', '--effort', 'xhigh'] });
    expect(report.error.message).toContain('does not offer the model LARGE');
    expect(report.error).toMatchObject({ category: 'invalid_request', next_action: expect.stringContaining('small, vendor/large') });
    const good = await run([{ chosen: true }], { flags: ['--model', 'large', '--effort', 'xhigh'] });
    expect(JSON.parse(good.report.last_agent_message)).toMatchObject({ model: 'vendor/large', effort: 'high' });
    expect(good.report.model).toBe('vendor/large');
  });

  it('PC-ACP-05 an agent without such options goes on with its own, and says so', async () => {
    const { report } = await run([{ say: 'fine' }], { words: ['plain'], flags: ['--model', 'big', '--effort', 'max'] });
    expect(report.ok).toBe(true);
    expect(report.warnings).toEqual([expect.stringContaining('big was not set'), expect.stringContaining('no effort like max')]);
  });

  it('PC-ACP-05 PC-USE-04 usage is what the agent says of this turn; unknown is null', async () => {
    const figures = { inputTokens: 900, outputTokens: 10, cachedReadTokens: 100, totalTokens: 1010 };
    const { report } = await run([{ say: 'x' }, { usage: figures }]);
    expect(report.usage).toMatchObject({ input: 1000, cached_input: 100, output: 10, total_tokens: 1010 });
    expect(report.summary.usage).toMatchObject({ total_tokens: 1010, inputTokens: 900 });
    const silent = await run([{ say: 'x' }]);
    expect(silent.report.usage).toBeNull();
    expect(silent.report.summary.usage).toBeNull();
    expect(silent.report.cost).toEqual({ amount: null, currency: null, basis: 'none' });
  });

  it('PC-ENV-08 PC-ENV-07 an unknown agent gets the allow-list and what is passed on, and no key', async () => {
    const env = { OPENAI_API_KEY: 'sk-secret-0123456789abcdef', CLAUDECODE: '1', MINE: 'mine', LANG: 'C' };
    const { report } = await run([{ env: true }], { env, flags: ['--pass-env', 'MINE'] });
    const seen = JSON.parse(report.last_agent_message) as Record<string, string>;
    expect(seen).toMatchObject({ MINE: 'mine', LANG: 'C' });
    expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['OPENAI_API_KEY']));
    expect(seen).not.toHaveProperty('CLAUDECODE');
  });

  it('PC-ACP-02 PC-ACP-05 an agent that is known by its program gets its mode, its key and its login', async () => {
    const ws = workspace();
    for (const name of ['codex-acp', 'qwen']) writeFileSync(join(ws, '..', name), `#!/bin/sh\nexec ${scriptedAgent()} "$@"\n`, { mode: 0o755 });
    const env = { OPENAI_API_KEY: 'sk-secret-0123456789abcdef' };
    const asked = (name: string, more: NodeJS.ProcessEnv) =>
      pandacode(['acp', 'exec', '--cd', ws, '--json', '--agent', `${join(ws, '..', name)} login`, '--task', steps({ chosen: true })], { env: more });
    const good = await asked('codex-acp', env);
    expect(good.report).toMatchObject({ ok: true, summary: { agent: 'codex-acp' } });
    expect(good.report.warnings).toEqual([expect.stringContaining('has none of the modes agent-full-access')]);
    const without = await asked('codex-acp', {});
    expect(without.report).toMatchObject({ state: 'failed', error: { category: 'auth', message: expect.stringContaining('Authentication required') } });
    const qwen = await pandacode(['acp', 'exec', '--cd', ws, '--json', '--agent', join(ws, '..', 'qwen'), '--task', steps({ chosen: true })], { env });
    expect(JSON.parse(qwen.report.last_agent_message)).toMatchObject({ mode: 'yolo' });
  });
});

describe('a conversation that goes on', () => {
  it('PC-ACP-01 PC-REP-07 resume loads the session; what is played back is not taken for the answer', async () => {
    const first = await run([{ say: 'one' }]);
    const next = await pandacode(['acp', 'resume', '--cd', first.ws, '--session', 's', '--json', '--task', steps({ say: 'two' })]);
    expect(next.report).toMatchObject({ ok: true, last_agent_message: 'two', summary: { thread_id: first.report.record.thread_id } });
    const log = readFileSync(first.report.record.artifacts.event_log, 'utf8');
    expect(log).not.toContain('an old text');
  });

  it.each([
    ['by session/resume', ['resume'], true],
    ['not at all', ['forgetful'], false],
  ])('PC-ACP-01 resume %s', async (_, words, ok) => {
    const { ws } = await run([{ say: 'one' }], { words });
    const { report } = await run([{ say: 'two' }], { words, ws, command: 'resume' });
    expect(report.ok).toBe(ok);
    if (!ok) expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringContaining('cannot continue') });
  });

  it('PC-SCHEMA-03 PC-SCHEMA-04 PC-ACP-04 the schema goes into the prompt; a wrong reply is repaired in the same session', async () => {
    const { ws, flags } = withSchema();
    const wrong = await run([{ say: 'not json' }], { ws, flags, words: ['forgetful'] });
    // The repair prompt carries no steps, so that the agent echoes it: the schema in it is no valid value either.
    expect(wrong.report).toMatchObject({ ok: false, error: { category: 'schema_mismatch' } });
    const repaired = await run([{ say: 'not json' }, { usage: { inputTokens: 5, outputTokens: 1 } }], { ws, flags, words: ['forgetful', 'repairs'] });
    expect(repaired.report).toMatchObject({ ok: true, structured_output: { ok: true }, usage: { input: 5, output: 1 } });
    const right = await run([{ say: 'Here:\n```json\n{"ok":true}\n```' }], { ws, flags });
    expect(right.report).toMatchObject({ ok: true, structured_output: { ok: true } });
    const told = await run([{ echo: true }, { say: '\n{"ok":false}' }], { ws, flags });
    expect(told.report.structured_output).toEqual({ ok: false });
    expect(told.report.last_agent_message).toContain('"additionalProperties":false');
  });

  it('PC-ACP-03 PC-REP-05 PC-OUT-04 a form that a person has to fill in waits; the answer goes on in the session', async () => {
    const form: Step = {
      elicit: {
        message: 'Which colour?',
        requestedSchema: {
          type: 'object',
          properties: {
            colour: {
              type: 'string',
              title: 'Colour',
              oneOf: [
                { const: 'r', title: 'Red' },
                { const: 'b', title: 'Blue' },
              ],
            },
          },
        },
      },
    };
    const { code, report, ws } = await run([{ say: 'hm' }, form, { hang: true }]);
    expect(code).toBe(3);
    expect(report).toMatchObject({ ok: false, state: 'waiting_for_user', error: { category: 'pandacode_needs_input', message: 'Which colour?' } });
    expect(report.pending_user_input).toEqual({ kind: 'form', question: 'Which colour?', context: 'Colour', options: ['Red', 'Blue'] });
    const place = ['--cd', ws, '--session', 's', '--json'];
    const status = await pandacode(['acp', 'status', ...place]);
    expect(status.report).toMatchObject({ state: 'waiting_for_user', pending_user_input: { question: 'Which colour?' } });
    const bad = await pandacode(['acp', 'answer', ...place, '--choice', '3']);
    expect(bad.report.error.message).toContain('from 1 to 2');
    const answered = await pandacode(['acp', 'answer', ...place, '--choice', '2', '--wait']);
    expect(answered.report).toMatchObject({ ok: true, last_agent_message: 'Blue', pending_user_input: null });
    const again = await pandacode(['acp', 'answer', ...place, '--text', 'x']);
    expect(again.report.error).toMatchObject({ category: 'invalid_request', message: 'ACP session s is not waiting for user input' });
  });
});

describe('which agent', () => {
  it('PC-ACP-02 PANDACODE_ACP_AGENT names it; the session keeps it', async () => {
    const ws = workspace();
    const env = { PANDACODE_ACP_AGENT: `${process.execPath} ${join(import.meta.dirname, '../../fixtures/clis/acp-agent.mjs')} from-env` };
    const base = ['--cd', ws, '--session', 's', '--json', '--task', steps({ argv: true })];
    const { report } = await pandacode(['acp', 'exec', ...base], { env });
    expect(report.last_agent_message).toBe('["from-env"]');
    const next = await pandacode(['acp', 'resume', ...base], { env: { PANDACODE_ACP_AGENT: '/no/such' } });
    expect(next.report.last_agent_message).toBe('["from-env"]');
  });

  it('PC-CMD-07 doctor and models say which agents are there', async () => {
    const none = await pandacode(['acp', 'doctor', '--json', '--cd', workspace()], { env: { PATH: '/nowhere' } });
    expect(none.code).toBe(1);
    expect(none.report.acp).toMatchObject({ ok: false, state: 'missing_requirements', missing: ['an agent that speaks ACP'], driver: 'acp' });
    const ws = workspace();
    writeFileSync(join(ws, 'qwen'), '#!/bin/sh\necho 9.8.7\n', { mode: 0o755 });
    const env = { PATH: `${ws}:${process.env['PATH']}` };
    const one = await pandacode(['acp', 'doctor', '--json', '--cd', ws], { env });
    expect(one.report.acp).toMatchObject({ ok: true, state: 'available', version: '9.8.7', agent: 'qwen' });
    const models = await pandacode(['acp', 'models', '--json'], { env });
    expect(models.report.acp.agents).toContainEqual({ name: 'qwen', command: 'qwen --acp', installed: true });
  });
});
