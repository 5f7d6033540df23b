import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pandacode, workspace } from '../../support/pandacode.ts';
import { messagesOf, taskOf, toolResults, useBamboo } from './bamboo-run.ts';

const bamboo = useBamboo();

const resume = ['bamboo', 'resume'];
const answer = ['bamboo', 'answer'];
const ask = { tool: { name: 'ask_user', input: { question: 'Which colour?\n1. red\n2. blue', context: 'for the door' } } };

describe('sessions of bamboo', () => {
  it('PC-BAMBOO-20 PC-REP-05 PC-OUT-04 a question waits, and its answer continues the same history', async () => {
    const turns = [[{ write: { path: 'a.txt', content: 'x' } }, ask, { bash: 'touch never' }], { text: 'Blue it is.' }];
    const waiting = await bamboo.exec(taskOf(turns));
    expect(waiting).toMatchObject({ code: 3, report: { ok: false, state: 'waiting_for_user', error: { category: 'pandacode_needs_input' } } });
    expect(waiting.report.pending_user_input).toEqual({ kind: 'ask_user', question: 'Which colour?\n1. red\n2. blue', context: 'for the door' });
    expect(waiting.report.summary).toMatchObject({ status: 'waiting_for_user', pending_user_input: { kind: 'ask_user' } });
    const { code, report, ws } = await bamboo.exec('', { ws: waiting.ws, command: answer, flags: ['--choice', '2', '--wait'] });
    expect([code, report.action, report.last_agent_message, report.pending_user_input, report.record.state]).toEqual([
      0,
      'answer',
      'Blue it is.',
      null,
      'idle',
    ]);
    const [first, second] = bamboo.requests(ws).map(messagesOf);
    expect(second!.slice(0, first!.length)).toEqual(first);
    expect(toolResults(bamboo.requests(ws)[1]).map((one) => [one['action'], one['ok'], one['output']])).toEqual([
      ['write', true, undefined],
      ['ask_user', true, 'blue'],
      ['bash', false, undefined],
    ]);
    expect(report.record.run_id).toMatch(/^run-\d+-\d+-resume-\d+$/);
    const again = await bamboo.exec('', { ws, command: answer, flags: ['--text', 'red'] });
    expect(again).toMatchObject({ code: 1, report: { error: { category: 'invalid_request', message: 'Bamboo session s is not waiting for user input' } } });
  });

  it('PC-BAMBOO-21 PC-REP-07 resume continues the transcript with the stored model, effort and provider', async () => {
    const { ws } = await bamboo.exec(taskOf([{ bash: 'true' }, { text: 'first' }]), { flags: ['--model', 'deepseek-v4-pro', '--effort', 'max'] });
    const { report } = await bamboo.exec(taskOf([{ text: 'second' }], {}, 'Go on.'), { ws, command: resume });
    expect(report).toMatchObject({ ok: true, last_agent_message: 'second', model: 'deepseek-v4-pro', effort: 'max', usage: { calls: 1 } });
    const requests = bamboo.requests(ws);
    expect(requests.at(-1)!.body).toMatchObject({ model: 'deepseek-v4-pro', reasoning_effort: 'max' });
    const before = messagesOf(requests[1]);
    expect(messagesOf(requests[2]).slice(0, before.length)).toEqual(before);
    expect(messagesOf(requests[2]).slice(before.length)).toMatchObject([
      { role: 'assistant', content: 'first' },
      { role: 'user', content: expect.stringContaining('Go on.') },
    ]);
    const other = await bamboo.exec(taskOf([{ text: 'third' }]), {
      ws,
      command: resume,
      flags: ['--provider', 'kimi'],
      env: { KIMI_API_KEY: 'k', KIMI_BASE_URL: `${bamboo.server.url}/kimi/v1` },
    });
    expect(other.report).toMatchObject({ ok: true, model: 'kimi-k3.1-pro', record: { provider: 'kimi' } });
  });

  it('PC-BAMBOO-21 without a transcript the resume context stands before the new task; without both nothing can go on', async () => {
    const { ws, report } = await bamboo.exec(taskOf([{ write: { path: 'a.txt', content: 'x' } }, { text: 'the first answer' }]));
    rmSync(join(report.artifacts.run_dir, 'transcript.jsonl'));
    const next = await bamboo.exec(taskOf([{ text: 'second' }]), { ws, command: resume });
    expect(next.report.ok).toBe(true);
    expect(String(messagesOf(bamboo.requests(ws).at(-1))[2]!.content)).toMatch(/# Working memory\nthe first answer[\s\S]*# Last events/);
    rmSync(next.report.artifacts.run_dir, { recursive: true, maxRetries: 5 });
    expect((await bamboo.exec('x', { ws, command: resume })).report.error).toMatchObject({
      category: 'invalid_request',
      message: expect.stringContaining('no transcript'),
    });
  });

  it('PC-BAMBOO-05 PC-ADOPT-11 a run that was killed in a tool goes on, and every call has a result', async () => {
    const { ws, child, ended } = await bamboo.start(taskOf([{ bash: 'sleep 30' }]));
    while (bamboo.requests(ws).length < 1) await new Promise((done) => setTimeout(done, 50));
    await new Promise((done) => setTimeout(done, 500));
    child.kill('SIGKILL');
    await ended;
    const { report } = await bamboo.exec(taskOf([{ text: 'went on' }]), { ws, command: resume });
    expect(report).toMatchObject({ ok: true, last_agent_message: 'went on' });
    const sent = messagesOf(bamboo.requests(ws).at(-1));
    const calls = sent.flatMap((one) => one.tool_calls ?? []).map((one) => one.id);
    expect(sent.filter((one) => one.role === 'tool').map((one) => one.tool_call_id)).toEqual(calls);
    expect(calls).toHaveLength(1);
  });

  it('a session run with --no-persist keeps no conversation', async () => {
    const { ws, report } = await bamboo.exec(taskOf([{ text: 'ok' }]), { flags: ['--no-persist'] });
    expect(() => readFileSync(report.record.thread_path)).toThrow();
    expect((await bamboo.exec('x', { ws, command: resume })).report.error.message).toContain('--no-persist');
  });

  it('PC-AUTO-01 PC-AUTO-03 PC-AUTO-04 provider, model and key select bamboo', async () => {
    const run = ['run', '--task', taskOf([{ text: 'ok' }]), '--json', '--claude-bin', '/nowhere', '--codex-bin', '/nowhere'];
    const env = { ...bamboo.env, KIMI_API_KEY: 'k', KIMI_BASE_URL: `${bamboo.server.url}/v1`, PATH: process.env['PATH'] };
    const chosen = async (...flags: string[]) => {
      const { report } = await pandacode([...run, '--cd', workspace(), ...flags], { env });
      return [report.runtime, report.record?.provider, report.model];
    };
    expect(await chosen('--provider', 'moonshot')).toEqual(['bamboo', 'kimi', 'kimi-k3.1-pro']);
    expect(await chosen('--model', 'kimi-k2.6')).toEqual(['bamboo', 'kimi', 'kimi-k2.6']);
    expect(await chosen()).toEqual(['bamboo', 'deepseek', 'deepseek-flash']);
    expect((await chosen('--model', 'kimi-k2.6', '--runtime', 'codex'))[0]).toBe('codex');
  });
});

describe('structured output of bamboo', () => {
  const schemaFile = (ws: string, schema: unknown) => {
    const file = join(ws, '..', 'schema.json');
    writeFileSync(file, JSON.stringify(schema));
    return ['--schema-file', file];
  };
  const person = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'] };

  it('PC-SCHEMA-05 submit_result takes the value; its errors go back as a result', async () => {
    const ws = workspace();
    const { code, report } = await bamboo.exec(taskOf([{ json: { name: 'Ann' } }, { json: { name: 'Ann', age: 4 } }]), { ws, flags: schemaFile(ws, person) });
    expect([code, report.structured_output, report.last_agent_message]).toEqual([0, { name: 'Ann', age: 4 }, '{"name":"Ann","age":4}']);
    const [first, second] = bamboo.requests(ws);
    expect((first!.body['tools'] as { function: { name: string; parameters: unknown } }[]).at(-1)!.function).toMatchObject({
      name: 'submit_result',
      parameters: person,
    });
    expect(toolResults(second)[0]).toMatchObject({ action: 'submit_result', ok: false, message: expect.stringContaining('age') });
  });

  it('PC-SCHEMA-05 a root that is no object is wrapped; prose is nudged three times, then looked into', async () => {
    const ws = workspace();
    const list = { type: 'array', items: { type: 'integer' } };
    expect((await bamboo.exec(taskOf([{ json: { result: [1, 2] } }]), { ws, flags: schemaFile(ws, list) })).report.structured_output).toEqual([1, 2]);
    const prose = await bamboo.exec(taskOf([{ text: 'I think it is one.' }]), { ws, flags: schemaFile(ws, list) });
    expect(prose.report.error).toMatchObject({ category: 'schema_mismatch', retryable: true });
    expect(prose.report.usage.calls).toBe(4);
    expect((await bamboo.exec(taskOf([{ text: 'Here: [1, 2, 3]' }]), { ws, flags: schemaFile(ws, list) })).report).toMatchObject({
      structured_output: [1, 2, 3],
      usage: { calls: 1 },
    });
  });

  it('PC-SCHEMA-04 PC-SCHEMA-06 repairs are bounded, and the last value is told', async () => {
    const ws = workspace();
    const { report } = await bamboo.exec(taskOf([{ json: { name: 1 } }]), { ws, flags: [...schemaFile(ws, person), '--schema-repairs', '1'] });
    expect(report).toMatchObject({
      ok: false,
      error: { category: 'schema_mismatch', issues: expect.any(Array) },
      rejected_output: { name: 1 },
      usage: { calls: 2 },
    });
    const feedback = {
      ok: false,
      origin: { phase: 'a', agent: 'b' },
      error: { category: 'missing', message: 'no data' },
      feedback: { retryable: false, user_message: 'u', next_action: 'n' },
    };
    const blocked = await bamboo.exec(taskOf([{ json: feedback }]), { ws, flags: schemaFile(ws, person) });
    expect(blocked.report).toMatchObject({ state: 'blocked', error: { category: 'blocked', message: 'no data' }, rejected_output: { ok: false } });
  });

  it('PC-SCHEMA-07 PC-BAMBOO-17 a value that says ok:false is a success, after the checks', async () => {
    const ws = workspace();
    const { report } = await bamboo.exec(taskOf([{ json: { ok: false } }]), {
      ws,
      flags: [...schemaFile(ws, { type: 'object', properties: { ok: { type: 'boolean' } } }), '--verify', 'true'],
    });
    expect(report).toMatchObject({ ok: true, structured_output: { ok: false }, summary: { verification: [{ command: 'true', ok: true }] } });
  });
});

describe('long conversations', () => {
  it('PC-BAMBOO-24 PC-BAMBOO-22 over the threshold the middle is summarised, and the task stays', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'big.txt'), 'word '.repeat(4000));
    const turns = [...Array.from({ length: 4 }, (_, at) => ({ tool: { name: 'read', input: { path: 'big.txt', offset: at + 1 } } })), { text: 'done' }];
    // The turns of the server start again when earlier ones are summarised away.
    const { report } = await bamboo.exec(taskOf(turns, { usage: { input: 9000, output: 10 } }), {
      ws,
      flags: ['--compact-threshold-tokens', '8000', '--history-keep-last', '2', '--max-steps', '5'],
    });
    expect(report.summary.context_compaction.compactions.length).toBeGreaterThan(0);
    const last = messagesOf(bamboo.requests(ws).at(-1)).map((one) => String(one.content));
    expect(last[2]).toContain('Do the task.');
    expect(last.some((text) => text.startsWith('Summary of earlier work'))).toBe(true);
    const events = readFileSync(report.artifacts.event_log, 'utf8');
    expect(events).toContain('"context.compaction.completed"');
  });

  it('PC-BAMBOO-27 an overflow of the context is answered by one compaction and one more try', async () => {
    const overflow = { error: { status: 400, message: "This model's maximum context length is 100 tokens" } };
    const { report, ws } = await bamboo.exec(taskOf([{ bash: 'true' }, { bash: 'date' }, overflow]), { flags: ['--history-keep-last', '1'] });
    expect(report.error).toMatchObject({ category: 'invalid_request', message: expect.stringContaining('maximum context length') });
    expect(bamboo.requests(ws).filter((one) => one.status === 400).length).toBeGreaterThan(0);
    expect(readFileSync(report.artifacts.event_log, 'utf8')).toContain('"context.compaction.started"');
  });

  it('PC-BAMBOO-28 the cache is warmed on the stable prefix alone', async () => {
    const { report, ws } = await bamboo.exec(taskOf([{ text: 'done' }]), { flags: ['--cache-warm', '--cache-warm-rounds', '2'] });
    const sent = bamboo.server.requests.slice(-3).map(messagesOf);
    expect(sent.map((messages) => messages.length)).toEqual([2, 2, 3]);
    expect(sent[0]).toEqual(sent[2]!.slice(0, 2));
    expect(report.usage.calls).toBe(3);
    expect(bamboo.requests(ws)).toHaveLength(1);
  });
});
