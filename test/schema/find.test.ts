import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/json.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { isErrorFeedback } from '../../src/schema/error-feedback.ts';
import { findStructured } from '../../src/schema/find.ts';
import { jsonCandidates } from '../../src/schema/json-candidates.ts';

function find(report: Json, schema: Json) {
  const compiled = compileSchema(schema);
  if (!compiled.ok) throw new Error(compiled.message);
  return findStructured(report, compiled.validate);
}

const answer = { type: 'object', required: ['answer'], properties: { answer: { type: 'number' } } };
const text = (n: number) => `Here you are:\n${JSON.stringify({ answer: n })}\nDone.`;

describe('SCH-06 where a value is looked for', () => {
  const session = { ok: true, session: 's', state: 'completed', usage: { total_tokens: 5 } };
  const places: [title: string, report: (n: number) => Record<string, Json>][] = [
    ...['structured_output', 'structuredOutput', 'result', 'output', 'json'].map((key): (typeof places)[0] => [key, (n) => ({ [key]: { answer: n } })]),
    ['summary.result', (n) => ({ summary: { result: { answer: n } } })],
    ['codex.structured_output', (n) => ({ codex: { structured_output: { answer: n }, run_id: 'r' } })],
    ['codex itself', (n) => ({ codex: { answer: n } })],
    ['agent_messages', (n) => ({ agent_messages: ['thinking', text(n), 'bye'] })],
    ['agent_messages as objects', (n) => ({ agent_messages: [{ text: text(n) }] })],
    ['codex.agent_messages', (n) => ({ codex: { thread_id: 't', agent_messages: [text(n)] } })],
    ['codex.plans', (n) => ({ codex: { thread_id: 't', plans: [text(n)] } })],
    ['codex.items aggregatedOutput', (n) => ({ codex: { thread_id: 't', items: [{ aggregatedOutput: text(n) }] } })],
    ['codex.items text', (n) => ({ codex: { thread_id: 't', items: [{ text: text(n) }] } })],
    ['last_agent_message', (n) => ({ last_agent_message: text(n) })],
    ['summary.last_agent_message', (n) => ({ summary: { last_agent_message: text(n) } })],
    ['wait.capture_tail', (n) => ({ wait: { capture_tail: text(n) } })],
    ['codex.last_agent_message', (n) => ({ codex: { run_id: 'r', last_agent_message: text(n) } })],
    ['stdout', (n) => ({ stdout: text(n) })],
    ['stdout_tail', (n) => ({ stdout_tail: text(n) })],
    ['the report itself', (n) => ({ answer: n })],
  ];
  for (const [title, report] of places) {
    it(title, () => expect(find({ ...session, ...report(7) }, answer)).toMatchObject({ found: true, value: { answer: 7 } }));
  }

  it('the first place wins, in that order', () => {
    // Places that share a parent are compared by what both parents hold.
    for (let at = 0; at < places.length - 1; at++) {
      for (let later = at + 1; later < places.length; later++) {
        const [a, b] = [places[at]![1](1), places[later]![1](2)];
        if (Object.keys(a).some((key) => key in b)) continue;
        expect(find({ ...session, ...b, ...a }, answer), `${places[at]![0]} before ${places[later]![0]}`).toMatchObject({ value: { answer: 1 } });
      }
    }
  });

  it('a place that holds something else is passed over', () => {
    const report = {
      ...session,
      result: { total_tokens: 5 },
      output: 'text',
      json: [],
      summary: { result: { answer: 'no number' } },
      codex: { usage: { answer: 3 } },
      last_agent_message: text(9),
    };
    expect(find(report, answer)).toEqual({ found: true, value: { answer: 9 } });
  });

  it('null in a place is nothing, also for a schema that accepts null', () => {
    expect(find({ ...session, structured_output: null, last_agent_message: text(1) }, { anyOf: [answer, { type: 'null' }] })).toMatchObject({
      value: { answer: 1 },
    });
    expect(find({ ...session, last_agent_message: 'null' }, { anyOf: [answer, { type: 'null' }] })).toEqual({ found: true, value: null });
  });

  it('of several messages the newest counts', () => {
    expect(find({ ...session, agent_messages: [text(1), text(2)] }, answer)).toMatchObject({ value: { answer: 2 } });
  });

  it('codex is no reply when it is the record of a run, or only usage', () => {
    for (const key of ['run_id', 'runId', 'thread_id', 'threadId'])
      expect(find({ codex: { answer: 1, [key]: 'x' }, last_agent_message: text(2) }, answer)).toMatchObject({ value: { answer: 2 } });
    expect(find({ label: 'mock', codex: { usage: { total: 1 } } }, {})).toMatchObject({ value: { label: 'mock' } });
  });

  it('SCH-14 nothing is made up from prose', () => {
    const schema = { type: 'object', required: ['status', 'plan'], properties: { status: { const: 'planned' } } };
    expect(find({ ...session, last_agent_message: 'Status: planned. Plan: 1. do it 2. check it' }, schema)).toEqual({
      found: false,
      issues: ['$.status is required', '$.plan is required'],
      candidate: undefined,
    });
  });

  it('SCH-09 of a text without JSON only what the schema asks for is named, not the fields of the report around it', () => {
    const schema = { type: 'object', required: ['summary', 'count'], properties: { summary: { type: 'string' }, count: {} }, additionalProperties: false };
    const report = { ...session, backend: 'pandacode', summary: { status: 'completed' }, usage: { total: 1 }, vendor_field: 1, 'a b': 2 };
    const issues = ['$.summary is required', '$.count is required'];
    expect(find({ ...report, last_agent_message: 'All is well.' }, schema)).toEqual({ found: false, issues, candidate: undefined });
    expect(find({ ok: true, text: 'All is well.', exit: 0 }, schema)).toEqual({ found: false, issues, candidate: undefined });
    expect(find({ ok: true, text: 'All is well.', count: 1 }, schema)).toMatchObject({ issues: ['$.summary is required'] });
    expect(find('All is well.', schema)).toMatchObject({ found: false, candidate: undefined });
    expect(find({ ...report, last_agent_message: 'All is well.' }, { type: 'object', additionalProperties: false })).toMatchObject({
      issues: ['$ is required'],
    });
  });

  it('SCH-09 what an executor replied without any report around it is judged as it is', () => {
    expect(find({ count: 1, more: 2 }, { required: ['summary'], properties: { summary: {}, count: {} }, additionalProperties: false })).toMatchObject({
      issues: ['$.summary is required', '$.more is not allowed'],
    });
  });

  it('SCH-10 otherwise the value that came closest is returned with its issues', () => {
    expect(
      find({ ...session, result: { unrelated: true }, last_agent_message: '{"answer":"7","more":1}' }, { ...answer, required: ['answer', 'more'] }),
    ).toEqual({
      found: false,
      issues: ['$.answer must be number'],
      candidate: { answer: '7', more: 1 },
    });
  });

  it('SCH-12 a value that validates is found, whatever it says', () => {
    expect(find({ ok: true, result: { ok: false, reason: 'data' } }, { type: 'object', required: ['ok'], properties: { ok: { const: false } } })).toEqual({
      found: true,
      value: { ok: false, reason: 'data' },
    });
  });
});

describe('SCH-07 JSON in text', () => {
  const cases: [title: string, text: string, allow: boolean, first: Json | undefined][] = [
    ['the whole text', ' {"a":1} ', false, { a: 1 }],
    ['a fenced block', 'Sure:\n```json\n{"a":1}\n```\nbye {x}', false, { a: 1 }],
    ['a fence without a language', '```\n{"a":1}\n```', false, { a: 1 }],
    ['a fence in one line', 'so ```json {"a":1} ``` it is', false, { a: 1 }],
    ['a fence that holds a fence in a string', '```json\n{"a":"```\\nx\\n```"}\n```', false, { a: '```\nx\n```' }],
    ['from the first to the last bracket', 'x {"a":{"b":"}"}} y', false, { a: { b: '}' } }],
    ['balanced, after stray brackets', 'use {name} or { here: {"a":1} and } more', false, { a: 1 }],
    ['balanced, with brackets and quotes in strings', 'one {"a":"} \\" {"} two {"b":2}', false, { a: '} " {' }],
    ['inside something that is no JSON', 'call({ note: {"a":1} })', false, { a: 1 }],
    ['an unclosed quote before', 'He said {"hello and then {"a":1}', false, { a: 1 }],
    ['CRLF fence', 'x\r\n```json\r\n{"a":1}\r\n```\r\n', false, { a: 1 }],
    ['no array when only objects count', '[1,2]', false, undefined],
    ['an array', 'The list: [1, {"a":"]"}] ok', true, { a: ']' }],
    ['a whole array', '[1,2]', true, [1, 2]],
    ['an array in prose', 'the numbers are [1,2].', true, [1, 2]],
    ['a scalar', ' 42 ', true, 42],
    ['a string', '"yes"', true, 'yes'],
    ['false', 'false', true, false],
    ['prose', 'no JSON here', true, undefined],
    ['nothing', '  ', true, undefined],
  ];
  for (const [title, input, allow, first] of cases) it(title, () => expect(jsonCandidates(input, allow)[0]).toEqual(first));

  it('gives every balanced object, in the order of the text', () => {
    expect(jsonCandidates('a {"n":1} b {"n":2} c {"n":3}', false)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('stays quick on a text full of brackets', () => {
    const candidates = jsonCandidates(`${'{'.repeat(200_000)} ${'['.repeat(100_000)}`, true);
    expect(candidates).toEqual([]);
  });

  it('arrays and scalars are found when the schema allows them', () => {
    expect(find({ last_agent_message: 'Result: ["a","b"]' }, { type: 'array', items: { type: 'string' } })).toEqual({ found: true, value: ['a', 'b'] });
    expect(find({ last_agent_message: '```json\n"high"\n```' }, { enum: ['high', 'low'] })).toEqual({ found: true, value: 'high' });
    expect(find({ last_agent_message: '17' }, { type: 'integer' })).toEqual({ found: true, value: 17 });
  });

  it('a footnote is not a reply to a schema that forgot its type', () => {
    expect(find({ last_agent_message: 'As shown in [1], nothing came of it.' }, { properties: { a: {} }, required: ['a'] })).toMatchObject({
      found: false,
      issues: ['$.a is required'],
    });
    expect(find({ last_agent_message: '[1, 2]' }, {})).toEqual({ found: true, value: [1, 2] });
  });
});

describe('SCH-13 error feedback', () => {
  const feedback = {
    ok: false,
    origin: { phase: 'p', agent: 'a' },
    error: { category: 'no_tests', message: 'there are none' },
    feedback: { retryable: false, user_message: 'u', next_action: 'n' },
  };

  it('is recognised by its full shape only', () => {
    expect(isErrorFeedback(feedback)).toBe(true);
    expect(isErrorFeedback({ ...feedback, error: { ...feedback.error, exit_code: 1, command: 'npm test', stdout_tail: 's' }, extra: 1 })).toBe(true);
    for (const key of ['origin', 'error', 'feedback', 'ok'])
      expect(isErrorFeedback(Object.fromEntries(Object.entries(feedback).filter(([name]) => name !== key)))).toBe(false);
    expect(isErrorFeedback({ ...feedback, ok: true })).toBe(false);
    expect(isErrorFeedback({ ...feedback, feedback: { retryable: 'no', user_message: 'u', next_action: 'n' } })).toBe(false);
    expect(isErrorFeedback({ ...feedback, error: { category: 'x' } })).toBe(false);
    for (const other of [null, 'text', 3, [], {}, { ok: false }]) expect(isErrorFeedback(other)).toBe(false);
  });

  it('is found in a reply, whatever the schema', () => {
    const reply = { last_agent_message: `I cannot:\n${JSON.stringify(feedback)}` };
    expect(find(reply, answer)).toMatchObject({ found: false, feedback, candidate: feedback });
    expect(find(reply, { type: 'object' })).toMatchObject({ found: true, value: feedback, feedback });
    expect(find({ structured_output: { answer: 1 }, last_agent_message: JSON.stringify(feedback) }, answer)).toEqual({ found: true, value: { answer: 1 } });
  });
});
