import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { failure } from '../../pandacode/errors/failure.ts';
import { RunControl } from '../../pandacode/run/run-control.ts';
import { claude } from '../../pandacode/runtimes/claude/claude.ts';
import { readRecord } from '../../pandacode/state/session-record.ts';
import { removeWorkspaces, workspace } from '../support/pandacode.ts';
import { runOf, scriptedCli, type CliCall, type RunWishes } from './scripted-cli.ts';

afterEach(removeWorkspaces);

const usage = (input: number, output: number, costUSD = 0.01) => ({
  'claude-opus-5-5': { inputTokens: input, outputTokens: output, cacheReadInputTokens: 100, cacheCreationInputTokens: 10, costUSD, costBasis: 'list' },
});
const init = { type: 'system', subtype: 'init', session_id: 'sid', model: 'claude-opus-5-5' };
const say = (text: string) => ({ type: 'assistant', message: { id: 'm', model: 'claude-opus-5-5', content: [{ type: 'text', text }] } });
const result = (more: object = {}) => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'done',
  num_turns: 2,
  terminal_reason: 'completed',
  modelUsage: usage(5, 7),
  ...more,
});
const failed = (more: object) => result({ is_error: true, terminal_reason: 'api_error', ...more });
const begun = { type: 'stream_event', event: { type: 'message_start', message: { id: 'm', usage: { input_tokens: 50, output_tokens: 1 } } } };

async function run(calls: CliCall[], wishes: RunWishes = {}, ws = workspace()) {
  const cli = scriptedCli(ws, ...calls);
  const report = await runOf(claude, ws, { ...wishes, options: { bin: cli.bin, ...wishes.options } });
  return { report, cli, ws };
}

describe('a claude run, from the CLI’s lines to the report', () => {
  it('PC-CLAUDE-20 PC-USE-01 PC-USE-03 PC-USE-09 a success carries answer, model, tokens and cost', async () => {
    const { report, cli, ws } = await run([{ lines: [init, say('working'), result()] }]);
    expect(report).toMatchObject({
      ok: true,
      exit_code: 0,
      model: 'claude-opus-5-5',
      last_agent_message: 'done',
      usage: { input: 115, cached_input: 100, cache_write: 10, output: 7, total_tokens: 122 },
      cost: { amount: 0.01, currency: 'USD', basis: 'list' },
      summary: { num_turns: 2, usage: { total_tokens: 122, input_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 10 } },
    });
    expect(cli.calls()[0]!.input).toBe('Do the task.');
    expect(readRecord(join(ws, '.pandacode'), 'claude', 's')).toMatchObject({ state: 'idle', baseline: usage(5, 7) });
  });

  it.each<[string, CliCall, object]>([
    [
      '429 with its wait',
      { lines: [init, { type: 'system', subtype: 'api_retry', retry_delay_ms: 7000 }, failed({ result: 'slow', api_error_status: 429 })], exitCode: 1 },
      { category: 'rate_limit', retryable: true, retry_after_ms: 7000 },
    ],
    [
      'a plan that is used up, with the time of its return',
      {
        lines: [
          init,
          { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_900_000_000 } },
          failed({ result: 'limit', api_error_status: 429 }),
        ],
        exitCode: 1,
      },
      { category: 'quota', reset_at: new Date(1_900_000_000_000).toISOString() },
    ],
    [
      'an empty account behind another vendor',
      { lines: [failed({ result: '余额不足或无可用资源包,请充值。', api_error_status: 429 })], exitCode: 1 },
      { category: 'quota' },
    ],
    [
      'the turn cap',
      { lines: [result({ subtype: 'error_max_turns', is_error: true, result: undefined, errors: ['Reached maximum number of turns (2)'] })], exitCode: 1 },
      { category: 'max_turns', message: 'Reached maximum number of turns (2)' },
    ],
    [
      'an unknown option',
      { stderr: "error: unknown option '--nope'", exitCode: 1 },
      { category: 'invalid_request', message: "error: unknown option '--nope'" },
    ],
    ['killed from outside', { lines: [init, say('half')], then: 'kill -9 $$' }, { category: 'internal', retryable: true }],
    ['half a result line', { lines: [init, JSON.stringify(result()).slice(0, 40)] }, { category: 'internal' }],
  ])('PC-CLAUDE-20 PC-ERR-02 %s', async (_, call, error) => {
    const { report } = await run([call]);
    expect(report).toMatchObject({ ok: false, exit_code: 1, error });
    expect(report.error!.message).not.toBe('');
  });

  it('PC-USE-04 PC-WD-08 what a killed call used and said is kept, as an estimate', async () => {
    const delta = { type: 'stream_event', event: { type: 'message_delta', usage: { output_tokens: 30 } } };
    const { report } = await run([{ lines: [init, begun, say('half of it'), delta], then: 'kill -9 $$' }]);
    expect(report).toMatchObject({
      ok: false,
      last_agent_message: 'half of it',
      usage: { input: 50, output: 30, total: 80, estimated: true },
      summary: { usage: { total_tokens: 80 } },
      record: { thread_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it('PC-USE-04 a vendor that tells the input only at the end of a message is counted in full', async () => {
    const start = { type: 'stream_event', event: { type: 'message_start', message: { id: 'm', usage: { input_tokens: 0, output_tokens: 0 } } } };
    const end = { type: 'stream_event', event: { type: 'message_delta', usage: { input_tokens: 400, cache_read_input_tokens: 600, output_tokens: 20 } } };
    const { report } = await run([{ lines: [init, start, end], then: 'kill -9 $$' }]);
    expect(report.usage).toMatchObject({ input: 1000, cached_input: 600, output: 20, total: 1020 });
  });

  it('PC-USE-10 a token cap ends the call while it runs, as budget', async () => {
    const { report } = await run([{ lines: [init, begun], then: 'sleep 100' }], { options: { maxTotalTokens: 40 } });
    expect(report).toMatchObject({ state: 'blocked', error: { category: 'budget', message: 'the run used 51 tokens, more than the limit of 40' } });
  });

  it('PC-WD-05 a refused key ends the call at once, though the CLI would try on', async () => {
    const retry = { type: 'system', subtype: 'api_retry', attempt: 1, error_status: 401, error: 'authentication_failed' };
    const { report } = await run([{ lines: [init, retry], then: 'sleep 100' }]);
    expect(report.error).toMatchObject({ category: 'auth', message: expect.stringContaining('status 401 (authentication_failed)') });
  });

  it('PC-OUT-07 a call that came to its end is kept, though it was asked to stop in the same moment', async () => {
    const control = new RunControl();
    const ws = workspace();
    const ready = join(ws, '..', 'ready');
    const then = `trap 'exit 0' TERM; touch '${ready}'; sleep 100 & wait`;
    const running = run([{ lines: [init, result({ result: 'just in time' })], then }], { control }, ws);
    while (!existsSync(ready)) await sleep(5);
    control.stop(failure('cancelled', 'stop'));
    expect((await running).report).toMatchObject({ ok: true, last_agent_message: 'just in time', usage: { total: 122 } });
  });

  it('PC-CLAUDE-18 PC-CLAUDE-20 a tool that was refused is a warning, and the run a success', async () => {
    const { report } = await run([{ lines: [result({ permission_denials: [{ tool_name: 'Bash', tool_input: { command: 'rm x' } }, {}] })] }]);
    expect(report.ok).toBe(true);
    expect(report.warnings).toEqual(['a tool was refused by the permissions: Bash {"command":"rm x"}', 'a tool was refused by the permissions: unknown {}']);
  });

  it('PC-ERR-01 a program that is not there, or cannot be executed, is not installed', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'plain'), 'text');
    for (const bin of [join(ws, 'nothing'), join(ws, 'plain')]) {
      const report = await runOf(claude, ws, { options: { bin } });
      expect(report).toMatchObject({ error: { category: 'not_installed', next_action: expect.stringContaining('--claude-bin') }, usage: null });
    }
  });
});

describe('a claude session', () => {
  it('PC-CLAUDE-16 PC-CLAUDE-23 PC-REP-07 resume goes on in the same conversation, model and folder, and counts its own tokens alone', async () => {
    const ws = workspace();
    const env = { ANTHROPIC_API_KEY: 'k-1' };
    const calls = [{ lines: [init, result()] }, { lines: [init, result({ modelUsage: usage(25, 17, 0.04), result: 'more' })] }];
    const first = await run(calls, { env, model: 'sonnet', effort: 'low' }, ws);
    const thread = first.report.record!.thread_id!;
    const report = await runOf(claude, ws, { action: 'resume', env, task: 'Go on.', options: { bin: first.cli.bin } });
    expect(report).toMatchObject({ ok: true, usage: { input: 20, output: 10, total: 30 }, cost: { amount: 0.03 }, effort: 'low' });
    const [one, two] = first.cli.calls();
    expect(one!.args).toEqual(expect.arrayContaining(['--session-id', thread, '--model', 'sonnet', '--bare']));
    expect(two!.args).toEqual(expect.arrayContaining(['--resume', thread, '--model', 'claude-opus-5-5', '--effort', 'low']));
    expect(two!.args).not.toContain('--session-id');
    expect(two!.input).toBe('Go on.');
    const configDir = (call: { env: string[] }) => call.env.find((one) => one.startsWith('CLAUDE_CONFIG_DIR='));
    expect(configDir(two!)).toBe(configDir(one!));
    expect(configDir(one!)).toContain('.pandacode');
  });

  it('PC-CLAUDE-23 a CLI that begins its count anew is not taken for one that used nothing', async () => {
    const ws = workspace();
    const calls = [{ lines: [result({ modelUsage: usage(500, 70, 1) })] }, { lines: [result({ modelUsage: usage(5, 7, 0.01) })] }];
    const { cli } = await run(calls, {}, ws);
    const report = await runOf(claude, ws, { action: 'resume', options: { bin: cli.bin } });
    expect(report).toMatchObject({ usage: { output: 7, total: 122 }, cost: { amount: 0.01 } });
  });

  it('PC-CLAUDE-23 PC-WD-08 a failed resume keeps the counts that later ones are measured by', async () => {
    const ws = workspace();
    const calls = [{ lines: [result()] }, { then: 'kill -9 $$' }, { lines: [result({ modelUsage: usage(25, 17, 0.04) })] }];
    const { cli } = await run(calls, {}, ws);
    const resume = () => runOf(claude, ws, { action: 'resume', options: { bin: cli.bin } });
    expect(await resume()).toMatchObject({ ok: false, usage: null });
    expect(await resume()).toMatchObject({ ok: true, usage: { input: 20, output: 10 } });
  });

  it('PC-CLAUDE-23 so does one whose result counts no model at all', async () => {
    const ws = workspace();
    const none = failed({ modelUsage: {}, result: 'nope', api_error_status: 500 });
    const { cli } = await run([{ lines: [result()] }, { lines: [none], exitCode: 1 }, { lines: [result({ modelUsage: usage(25, 17, 0.04) })] }], {}, ws);
    const resume = () => runOf(claude, ws, { action: 'resume', options: { bin: cli.bin } });
    expect(await resume()).toMatchObject({ ok: false, usage: null });
    expect(await resume()).toMatchObject({ ok: true, usage: { input: 20, output: 10 } });
  });

  it('PC-REP-02 PC-EV-02 a hundred warnings are in the report, and one that says how many more the event log holds', async () => {
    const { report } = await run([{ lines: [...Array.from({ length: 150 }, (_, i) => `odd line ${i}`), result()] }]);
    expect(report.ok).toBe(true);
    expect(report.warnings).toHaveLength(101);
    expect(report.warnings.slice(99)).toEqual([expect.stringContaining('odd line 99'), '50 more warnings are in the event log']);
    expect(readFileSync(report.record!.artifacts['event_log'] as string, 'utf8')).toContain('odd line 149');
  });

  it('PC-ERR-04 a turn that breaks because it is being ended is reported as what ended it', async () => {
    const ws = workspace();
    const control = new RunControl();
    const runTurn = () => {
      control.stop(failure('cancelled', 'stopped from outside'));
      return Promise.reject(new Error('broke in the middle'));
    };
    const report = await runOf({ ...claude, runTurn }, ws, { control });
    expect(report).toMatchObject({ ok: false, state: 'stopped', error: { category: 'cancelled', message: 'stopped from outside' } });
  });
});

describe('structured output of claude', () => {
  const list = { type: 'array', items: { type: 'number' } };
  const schemaFile = (ws: string, schema: object) => {
    const file = join(ws, '..', 'schema.json');
    writeFileSync(file, JSON.stringify(schema));
    return file;
  };

  it('PC-CLAUDE-22 PC-SCHEMA-04 a wrong value is repaired in the same conversation, and both turns are counted', async () => {
    const ws = workspace();
    const calls = [
      { lines: [result({ structured_output: { result: ['x'] } })] },
      { lines: [result({ structured_output: { result: [1] }, modelUsage: usage(9, 9, 0.02) })] },
    ];
    const { report, cli } = await run(calls, { schemaFile: schemaFile(ws, list) }, ws);
    expect(report).toMatchObject({ ok: true, structured_output: [1], usage: { total: 128 }, cost: { amount: 0.02 } });
    const [one, two] = cli.calls();
    expect(JSON.parse(one!.args[one!.args.indexOf('--json-schema') + 1]!)).toMatchObject({ type: 'object', properties: { result: list } });
    expect(two!.args).toContain('--resume');
    expect(two!.input).toContain('$[0] must be number');
  });

  it('PC-CLAUDE-22 PC-SCHEMA-03 a schema that the CLI cannot read goes into the prompt as it is, and the bare value is the answer', async () => {
    const ws = workspace();
    const refused = { stderr: 'Error: --json-schema is not a valid JSON Schema: unknown keyword', exitCode: 1 };
    const { report, cli } = await run([refused, { lines: [result({ result: '[1, 2]' })] }], { schemaFile: schemaFile(ws, list) }, ws);
    expect(report).toMatchObject({ ok: true, structured_output: [1, 2] });
    expect(report.notes.join()).toContain('given in the prompt');
    const [, second] = cli.calls();
    expect(second!.args).not.toContain('--json-schema');
    expect(second!.input.endsWith(`\n${JSON.stringify(list)}`)).toBe(true);
    expect(cli.calls()).toHaveLength(2);
  });

  it('PC-CLAUDE-22 a schema too large for an argument goes into the prompt too', async () => {
    const ws = workspace();
    const big = { type: 'object', description: 'x'.repeat(120_000), required: ['n'], properties: { n: { type: 'number' } } };
    const { report, cli } = await run([{ lines: [result({ result: 'It is:\n```json\n{"n": 3}\n```' })] }], { schemaFile: schemaFile(ws, big) }, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { n: 3 } });
    expect(cli.calls()[0]!.args).not.toContain('--json-schema');
  });

  it('PC-SCHEMA-06 five wrong values of the CLI and of each repair are a mismatch, with the issues and the last value', async () => {
    const ws = workspace();
    const wrong = { lines: [result({ subtype: 'error_max_structured_output_retries', is_error: true, result: '["x"]' })], exitCode: 1 };
    const { report, cli } = await run([wrong, wrong], { schemaFile: schemaFile(ws, list), schemaRepairs: 1 }, ws);
    expect(report).toMatchObject({
      ok: false,
      rejected_output: ['x'],
      error: { category: 'schema_mismatch', retryable: true, issues: ['$[0] must be number'] },
    });
    expect(report).not.toHaveProperty('structured_output');
    expect(cli.calls()).toHaveLength(2);
  });
});
