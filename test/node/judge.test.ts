import { describe, expect, it } from 'vitest';
import { judge, type Reply } from '../../activities/run-node/judge.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { composePrompt } from '../../src/schema/compose-prompt.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import { fixture, host, request, tempDir } from './support.ts';

const schemaJson = { type: 'object', required: ['n'], properties: { n: { type: 'number' }, ok: { type: 'boolean' } }, additionalProperties: false };
const schema: NodeRequest['schema'] = { name: 's', json: schemaJson };
const structured = (env: NodeJS.ProcessEnv, fields: Partial<NodeRequest> = {}) =>
  runNode(request(tempDir(), { schema, ...fields }), host(fixture('structured.mjs'), env));
const reply = (fields: Partial<Reply>): Reply => ({ ok: true, report: {}, changed: false, schema: undefined, ...fields });

describe('a node with a schema', () => {
  it('SCH-06 SCH-07 takes the value from the final text', async () => {
    expect(await structured({ ODW_FIXTURE_REPLY: 'Here:\n```json\n{"n": 4}\n```' })).toMatchObject({
      status: 'ok',
      value: { n: 4 },
      isText: false,
      tokens: 11,
    });
  });

  it('SCH-06 takes it from the report itself, with or without the fields of a report', async () => {
    expect(await structured({ ODW_FIXTURE_REPORT: '{"ok":true,"structured_output":{"n":5}}' })).toMatchObject({ status: 'ok', value: { n: 5 } });
    expect(await structured({ ODW_FIXTURE_REPORT: '{"n":6}' })).toMatchObject({ status: 'ok', value: { n: 6 } });
  });

  it('SCH-07 takes it from the plain stdout of an executor without a report', async () => {
    expect(await structured({ ODW_FIXTURE_REPORT: '[1, 2]' }, { schema: { name: 'list', json: { type: 'array', items: { type: 'number' } } } })).toMatchObject({
      status: 'ok',
      value: [1, 2],
    });
  });

  it('SCH-10 a reply that does not match is a mismatch with issues and the reply', async () => {
    const outcome = await structured({ ODW_FIXTURE_REPLY: '{"n":"four"}' });
    expect(outcome).toMatchObject({ status: 'mismatch', value: { n: 'four' }, tokens: 11, failure: { category: 'schema_mismatch', retryable: true } });
    expect(outcome.failure?.issues).toEqual([expect.stringContaining('$.n')]);
  });

  it('SCH-10 a reply without any JSON is shown for what it is', async () => {
    const garbage = await structured({ ODW_FIXTURE_REPORT: '%%% not json {{{' });
    expect(garbage).toMatchObject({ status: 'mismatch', value: '%%% not json {{{', failure: { issues: ['$.n is required'] } });
    expect(garbage.failure?.message).toBe('the reply does not match the schema: $.n is required; it holds no JSON value that could be one: "%%% not json {{{"');
    const long = await structured({ ODW_FIXTURE_REPLY: 'word '.repeat(100) });
    expect(long.failure?.issues).toEqual(['$.n is required']);
    const retry = { category: 'schema_mismatch', message: '', issues: long.failure?.issues ?? [], previousResult: long.value };
    expect(composePrompt({ prompt: 'p', schema: schemaJson, retry })).toContain('\nSchema issues:\n- $.n is required\nPrevious result:\n');
    expect(long.failure?.message).toMatch(/: "(word ){24}…"$/);
  });

  it('SCH-11 an executor failure stays that failure, even when its text would match', async () => {
    expect(
      await structured({
        ODW_FIXTURE_REPORT: '{"ok":false,"state":"failed","error":{"category":"auth","message":"log in"},"last_agent_message":"{\\"n\\":1}"}',
        ODW_FIXTURE_EXIT: '1',
      }),
    ).toMatchObject({
      status: 'failed',
      failure: { category: 'auth', message: 'log in', retryable: false },
    });
  });

  it('SCH-12 data that says ok:false is a success', async () => {
    expect(await structured({ ODW_FIXTURE_REPLY: '{"n":1,"ok":false}' })).toMatchObject({ status: 'ok', value: { n: 1, ok: false } });
  });

  it('SCH-13 a reply in the error-feedback shape is a failure with its own category', async () => {
    const feedback = {
      ok: false,
      origin: { phase: 'p', agent: 'a' },
      error: { category: 'no_data', message: 'nothing there' },
      feedback: { retryable: true, user_message: 'u', next_action: 'look elsewhere', retry_prompt: 'again' },
    };
    expect(await structured({ ODW_FIXTURE_REPLY: JSON.stringify(feedback) })).toMatchObject({
      status: 'failed',
      value: feedback,
      failure: { category: 'no_data', message: 'nothing there', retryable: true, next_action: 'look elsewhere', retry_prompt: 'again' },
    });
  });

  it('EXEC-18 a schema_mismatch report of the executor is a mismatch with its issues', async () => {
    const report = {
      ok: false,
      state: 'failed',
      error: { category: 'schema_mismatch', message: 'no', retryable: true, issues: ['$.n is required'] },
      rejected_output: { m: 1 },
    };
    expect(await structured({ ODW_FIXTURE_REPORT: JSON.stringify(report), ODW_FIXTURE_EXIT: '1' })).toMatchObject({
      status: 'mismatch',
      value: { m: 1 },
      failure: { category: 'schema_mismatch', issues: ['$.n is required'] },
    });
  });

  it('a schema that accepts nothing is a schema_load_error', () => {
    expect(judge(reply({ schema: compileSchema({ type: 'nonsense' }) }))).toMatchObject({
      status: 'failed',
      failure: { category: 'schema_load_error', retryable: false },
    });
  });
});

describe('a node without a schema', () => {
  it('AGENT-14 COMPAT-08 any other result is returned as it is', () => {
    const report = { ok: true, backend: 'mock', prompt_preview: 'p' };
    expect(judge(reply({ report }))).toEqual({ status: 'ok', value: report, isText: false });
  });

  it('RUN-05 files that the report names count as a result', () => {
    const report = { backend: 'pandacode', ok: true };
    expect(judge(reply({ report }))).toMatchObject({ status: 'failed', failure: { category: 'empty_result' } });
    expect(judge(reply({ report, raw: { changed_files: ['a'] } }))).toMatchObject({ status: 'ok', value: '' });
    expect(judge(reply({ report, changed: true }))).toMatchObject({ status: 'ok', value: '' });
  });

  it('EXEC-16 a waiting report is a failure whatever it says of itself', () => {
    expect(judge(reply({ report: { backend: 'pandacode', ok: true, state: 'waiting_for_user', last_agent_message: 'Shall I?' } }))).toMatchObject({
      status: 'failed',
      failure: { category: 'pandacode_needs_input', message: expect.stringContaining('Shall I?'), retryable: false },
    });
  });
});

describe('the mock backend', () => {
  const mock = (fields: Partial<NodeRequest>) => runNode(request(tempDir(), { backend: 'mock', ...fields }), host('unused'));

  it('MOCK-01 gives its plain object and touches no file', async () => {
    const node = request(tempDir(), { backend: 'mock', phase: 'P' });
    expect(await runNode(node, host('unused'))).toMatchObject({
      status: 'ok',
      isText: false,
      taken: 'mock',
      tokens: null,
      value: { ok: true, action: 'mock', backend: 'mock', label: 'a node', phase: 'P', prompt_preview: 'Do it.' },
    });
    expect((await import('node:fs')).existsSync(node.runDir)).toBe(false);
  });

  it('MOCK-02 MOCK-03 MOCK-05 AGENT-16 a text goes the way of an executor’s text', async () => {
    expect(await mock({ mock: { mockAgentText: 'hi PANDACODE_DONE_1_1', mockTokens: 12, mockResolvedModel: 'mm' } })).toMatchObject({
      status: 'ok',
      value: 'hi',
      isText: true,
      tokens: 12,
      model: 'mm',
    });
  });

  it('MOCK-03 MOCK-04 a forced failure has its tokens and says whether it can be retried', async () => {
    expect(await mock({ mock: { mockFail: true, mockTokens: 9 } })).toMatchObject({
      status: 'failed',
      tokens: 9,
      failure: { category: 'mock_failed', message: 'mock forced failure', retryable: false },
    });
    expect((await mock({ mock: { mockFail: true, mockRetryable: true } })).failure?.retryable).toBe(true);
  });

  it('MOCK-07 validates against the schema like an executor’s reply', async () => {
    expect(await mock({ schema: { name: 'x', json: { type: 'object', required: ['ok'] } } })).toMatchObject({ status: 'ok', value: { ok: true } });
    expect(await mock({ schema })).toMatchObject({ status: 'mismatch', failure: { category: 'schema_mismatch' } });
  });

  it('ends early when it is stopped', async () => {
    const own = host('unused');
    const running = runNode(request(tempDir(), { backend: 'mock', mock: { mockDelayMs: 60_000 } }), own);
    setTimeout(() => own.cancel('stop'), 50);
    expect(await running).toMatchObject({ status: 'failed', failure: { category: 'cancelled' } });
  });
});
