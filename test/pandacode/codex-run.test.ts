import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { codex } from '../../pandacode/runtimes/codex/codex.ts';
import { removeWorkspaces, workspace } from '../support/pandacode.ts';
import { runOf, scriptedCli, type CliCall, type RunWishes } from './scripted-cli.ts';

afterEach(removeWorkspaces);

const started = { type: 'thread.started', thread_id: 't-1' };
const said = (text: string) => ({ type: 'item.completed', item: { id: 'm', type: 'agent_message', text } });
const ended = (input: number, output: number, cached = 0) => ({
  type: 'turn.completed',
  usage: { input_tokens: input, cached_input_tokens: cached, output_tokens: output, reasoning_output_tokens: 1 },
});
const prices = {
  prices_per_1m_tokens: { 'openai:gpt-5.5': { model: 'gpt-5.5', currency: 'USD', input: 10, cache_hit_input: 1, output: 100 } },
  updated_at: '2026-11-01',
};

async function run(calls: CliCall[], wishes: RunWishes = {}, ws = workspace()) {
  const cli = scriptedCli(ws, ...calls);
  const report = await runOf(codex, ws, { ...wishes, options: { bin: cli.bin, ...wishes.options } });
  return { report, cli, ws };
}

function file(ws: string, name: string, content: unknown): string {
  const path = join(ws, '..', name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('a codex run, from the CLI’s lines to the report', () => {
  it('PC-CODEX-18 PC-USE-03 PC-USE-09 a success carries answer, tokens and a cost by the price file', async () => {
    const ws = workspace();
    const { report } = await run([{ lines: [started, said('first'), said('done'), ended(1000, 10, 400)] }], { priceFile: file(ws, 'prices.json', prices) }, ws);
    expect(report).toMatchObject({
      ok: true,
      last_agent_message: 'done',
      usage: { input: 1000, cached_input: 400, output: 10, reasoning: 1, total: 1010 },
      cost: { amount: 0.0074, currency: 'USD', basis: 'price_file', updated_at: '2026-11-01' },
      summary: { thread_id: 't-1', counts: { agent_messages: 2 }, usage: { total_tokens: 1010, tokenUsage: { total: { totalTokens: 1010 } } } },
      execute: { ok: true, exit_code: 0 },
    });
  });

  it('PC-USE-09 a price file that is broken costs the cost, with a warning, and not the answer', async () => {
    const ws = workspace();
    const broken = join(ws, '..', 'prices.json');
    writeFileSync(broken, '{"prices');
    const { report } = await run([{ lines: [started, said('done'), ended(5, 1)] }], { priceFile: broken }, ws);
    expect(report).toMatchObject({ ok: true, last_agent_message: 'done', cost: { amount: null, basis: 'none' } });
    expect(report.warnings.join()).toContain('the price file cannot be read');
  });

  it('PC-REP-02 the last message is taken whole from the file that the CLI writes, where it has one', async () => {
    const { report } = await run([{ lines: [started, said('cut'), ended(5, 1)], last: 'the whole answer' }]);
    expect(report.last_agent_message).toBe('the whole answer');
  });

  it.each<[string, CliCall, object]>([
    [
      'a used-up plan, with the time of its return',
      { lines: [started, { type: 'turn.failed', error: { message: "You've hit your usage limit. Try again in 3 days 4 hours." } }], exitCode: 1 },
      { category: 'quota', retry_after_ms: 273_600_000, reset_at: expect.any(String) },
    ],
    [
      'a rate limit with a wait of minutes and seconds',
      { lines: [started, { type: 'turn.failed', error: { message: 'Rate limit reached for gpt-5.5. Please try again in 1m12.5s.' } }], exitCode: 1 },
      { category: 'rate_limit', retryable: true, retry_after_ms: 72_500, reset_at: expect.any(String) },
    ],
    [
      'a failed turn without a message, told by the error before it',
      { lines: [started, { type: 'error', message: 'unexpected status 503 Service Unavailable' }, { type: 'turn.failed' }], exitCode: 1 },
      { category: 'overloaded', message: 'unexpected status 503 Service Unavailable' },
    ],
    [
      'a failed turn that nobody explains',
      { lines: [started, { type: 'turn.failed', error: {} }], exitCode: 1 },
      { category: 'invalid_request', message: 'codex reported a failed turn without a message' },
    ],
    [
      'no terminal event',
      { lines: [started, said('I think I am done')] },
      { category: 'internal', message: expect.stringContaining('without the end of its turn') },
    ],
    ['an unknown thread', { stderr: 'Reading prompt from stdin...\nError: no rollout found for thread id t-9', exitCode: 1 }, { category: 'invalid_request' }],
  ])('PC-CODEX-18 PC-ERR-02 %s', async (_, call, error) => {
    const { report } = await run([call]);
    expect(report).toMatchObject({ ok: false, exit_code: 1, usage: null, error });
    expect(report.last_agent_message).not.toBe('(the agent ended without a message)');
  });

  it('PC-REP-01 MONEY-02 a turn that was refused says how much the model had begun in it: none is free', async () => {
    const refused = { type: 'turn.failed', error: { message: "You've hit your usage limit. Try again in 3 days 4 hours." } };
    const tool = (type: string) => ({ type, item: { id: 'a', type: 'command_execution', command: 'make' } });
    const noise = { type: 'item.completed', item: { id: 'e', type: 'error', message: 'Model metadata for x not found' } };
    const counts = async (...lines: object[]) => {
      const { report } = await run([{ lines: [started, noise, ...lines, refused], exitCode: 1 }]);
      return [report.usage, (report.summary as { counts: object }).counts];
    };
    expect(await counts()).toEqual([null, expect.objectContaining({ items: 0, warnings: 1 })]);
    expect(await counts(tool('item.started'), tool('item.completed'), said('so'))).toEqual([null, expect.objectContaining({ items: 2, agent_messages: 1 })]);
  });

  it('PC-USE-10 a cap on steps ends the turn while a tool runs', async () => {
    const tool = (id: string) => ({ type: 'item.started', item: { id, type: 'command_execution', command: 'make' } });
    const { report } = await run([{ lines: [started, tool('a'), tool('b')], then: 'sleep 100' }], { options: { maxSteps: 1 } });
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'max_turns', message: 'the run wanted to make step 2 of at most 1' } });
    expect(report.record!.thread_id).toBe('t-1');
  });

  it('PC-CODEX-16 items of every kind are told apart, and error items are warnings', async () => {
    const item = (type: string, more: object = {}) => ({ type: 'item.completed', item: { id: type, type, ...more } });
    const lines = [
      started,
      item('todo_list'),
      item('error', { message: 'Model metadata for x not found' }),
      item('error'),
      item('mcp_tool_call', { server: 'db', tool: 'query', status: 'failed' }),
      item('web_search', { query: 'temporal' }),
      item('reasoning', { text: 'hm' }),
      item('something_new'),
      item('file_change', { changes: [{ path: 'made.txt', kind: 'add' }, {}] }),
      said('done'),
      ended(5, 1),
    ];
    const { report } = await run([{ lines }]);
    expect(report).toMatchObject({
      ok: true,
      summary: { counts: { plans: 1, warnings: 2 } },
      warnings: ['codex: Model metadata for x not found', 'codex: error item without a text'],
    });
    const events = readFileSync(report.record!.artifacts['event_log'] as string, 'utf8');
    expect(events).toContain('"db.query"');
    expect(events).toMatch(/"tool.finished".*"ok":false/);
  });
});

describe('a codex session', () => {
  it('PC-CODEX-03 PC-CODEX-22 resume names the thread and counts its own tokens alone', async () => {
    const ws = workspace();
    const { cli, report } = await run(
      [{ lines: [started, said('a'), ended(100, 10)] }, { lines: [started, said('b'), ended(130, 15)] }],
      { effort: 'low' },
      ws,
    );
    expect(report.usage).toMatchObject({ input: 100, output: 10 });
    const again = await runOf(codex, ws, { action: 'resume', options: { bin: cli.bin } });
    expect(again).toMatchObject({ ok: true, usage: { input: 30, output: 5, total: 35 }, last_agent_message: 'b' });
    expect(cli.calls()[1]!.args.slice(-3)).toEqual(['resume', 't-1', '-']);
  });

  it('PC-CODEX-22 a CLI that begins its count anew is not taken for one that used nothing', async () => {
    const ws = workspace();
    const { cli } = await run([{ lines: [started, said('a'), ended(1000, 100)] }, { lines: [started, said('b'), ended(130, 15)] }], {}, ws);
    expect(await runOf(codex, ws, { action: 'resume', options: { bin: cli.bin } })).toMatchObject({ usage: { input: 130, output: 15 } });
  });

  it('PC-CODEX-22 a failed resume that counts nothing keeps the counts that later ones are measured by', async () => {
    const ws = workspace();
    const nothing = { type: 'turn.completed', usage: { input_tokens: 0, output_tokens: 0 } };
    const calls = [ended(100, 10), nothing, ended(130, 15)].map((end) => ({ lines: [started, said('a'), end] }));
    const { cli } = await run(calls, {}, ws);
    const resume = () => runOf(codex, ws, { action: 'resume', options: { bin: cli.bin } });
    expect(await resume()).toMatchObject({ usage: null });
    expect(await resume()).toMatchObject({ usage: { input: 30, output: 5 } });
  });

  it('PC-REP-01 the file of the conversation is found in the home of the call', async () => {
    const ws = workspace();
    const home = join(ws, '.pandacode/codex/config');
    const day = join(home, 'sessions/2026/11/21');
    mkdirSync(day, { recursive: true });
    writeFileSync(join(day, 'rollout-2026-11-21T10-00-00-t-1.jsonl'), '');
    writeFileSync(join(day, 'rollout-2026-11-21T11-00-00-t-2.jsonl'), '');
    const { report, cli } = await run([{ lines: [started, said('a'), ended(1, 1)] }], { env: { OPENAI_API_KEY: 'k-1' } }, ws);
    expect(report.summary['thread_path']).toBe(join(day, 'rollout-2026-11-21T10-00-00-t-1.jsonl'));
    expect(cli.calls()[0]!.env).toEqual(expect.arrayContaining([`CODEX_HOME=${home}`, 'CODEX_API_KEY=k-1']));
    expect(JSON.stringify(report)).not.toContain('k-1');
  });
});

describe('structured output of codex', () => {
  const schema = {
    type: 'object',
    required: ['found'],
    properties: {
      found: {
        type: 'array',
        items: {
          anyOf: [
            { type: 'object', required: ['kind', 'path'], properties: { kind: { const: 'file' }, path: { type: 'string' }, line: { type: 'integer' } } },
            { type: 'object', required: ['kind'], properties: { kind: { const: 'none' }, why: { type: 'string' } } },
          ],
        },
      },
      note: { type: 'string' },
    },
  };

  it('PC-CODEX-21 the nulls that the strict form demands are taken away, inside unions too, so that no repair is paid', async () => {
    const ws = workspace();
    const answer = {
      found: [
        { kind: 'file', path: 'a', line: null },
        { kind: 'none', why: null },
      ],
      note: null,
    };
    const { report, cli } = await run([{ lines: [started, said(JSON.stringify(answer)), ended(5, 1)] }], { schemaFile: file(ws, 'schema.json', schema) }, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { found: [{ kind: 'file', path: 'a' }, { kind: 'none' }] } });
    expect(JSON.stringify(report['structured_output'])).not.toContain('null');
    expect(cli.calls()).toHaveLength(1);
    const { args } = cli.calls()[0]!;
    const sent = args[args.indexOf('--output-schema') + 1]!;
    expect(sent.startsWith('/')).toBe(true);
    expect(JSON.parse(readFileSync(sent, 'utf8'))).toMatchObject({ additionalProperties: false, required: ['found', 'note'] });
  });

  it('PC-CODEX-21 a null that the schema asks for is kept, though another branch of the union could do without it', async () => {
    const ws = workspace();
    const branch = (required: string[], type: unknown) => ({ type: 'object', required, properties: { id: { type: 'string' }, note: { type } } });
    const union = { anyOf: [branch(['id'], 'string'), branch(['id', 'note'], ['string', 'null'])] };
    const answer = JSON.stringify({ result: { id: 'x', note: null } });
    const { report } = await run([{ lines: [started, said(answer), ended(5, 1)] }], { schemaFile: file(ws, 'schema.json', union) }, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { id: 'x', note: null } });
  });

  it('PC-CODEX-20 PC-SCHEMA-04 prose with exit 0 is repaired in the thread; the value of the repair is the answer', async () => {
    const ws = workspace();
    const calls = [{ lines: [started, said('It is all fine.'), ended(10, 2)] }, { lines: [started, said('{"found":[]}'), ended(14, 5)] }];
    const { report, cli } = await run(calls, { schemaFile: file(ws, 'schema.json', schema) }, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { found: [] }, usage: { input: 14, output: 5 } });
    expect(cli.calls()[1]!.args).toContain('resume');
    expect(cli.calls()[1]!.input).toContain('the reply holds no JSON value');
  });

  it('PC-SCHEMA-04 PC-USE-04 a repair that cannot even be started loses nothing of the turn before it', async () => {
    const ws = workspace();
    // The folder of the logs is gone when the repair wants to write its schema there. Its owner may still write into it meanwhile.
    const folder = join(ws, '.pandacode/codex/runs');
    const then = `until rm -rf '${folder}' 2>/dev/null; do sleep 0.01; done; : > '${folder}'`;
    const { report } = await run([{ lines: [started, said('prose'), ended(10, 2)], then }], { schemaFile: file(ws, 'schema.json', schema) }, ws);
    expect(report).toMatchObject({
      ok: false,
      last_agent_message: 'prose',
      usage: { total: 12, estimated: true },
      error: { category: 'internal' },
      record: { thread_id: 't-1' },
    });
    expect(existsSync(folder)).toBe(true);
  });
});
