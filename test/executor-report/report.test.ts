import { describe, expect, it } from 'vitest';
import { finalText, isExecutorReport, withoutMarkers } from '../../src/executor-report/final-text.ts';
import { reportModel } from '../../src/executor-report/model.ts';
import { needsInput, question } from '../../src/executor-report/needs-input.ts';
import { normaliseReport, succeeded, type Execution } from '../../src/executor-report/normalise.ts';
import { parseStdout } from '../../src/executor-report/parse-stdout.ts';
import { rawReportName } from '../../src/executor-report/raw-report-name.ts';
import { reportError, tailOf } from '../../src/executor-report/report-error.ts';
import { slimReport } from '../../src/executor-report/slim.ts';
import { reportTokens, sumTokens } from '../../src/executor-report/tokens.ts';
import type { JsonObject } from '../../src/executor-report/json-object.ts';

const execution = (fields: Partial<Execution> = {}): Execution => ({
  runtime: 'claude',
  action: 'exec',
  session: 'S',
  exitCode: 0,
  stdout: '',
  stderr: '',
  report: undefined,
  ...fields,
});
const failed = (report: JsonObject | undefined, fields: Partial<Execution> = {}) => reportError(execution({ exitCode: 1, report, ...fields }));

describe('finding the report in stdout', () => {
  it('PARSE-01 COMPAT-08 takes the last line with a marking field, not an earlier event', () => {
    const lines = ['{"type":"event","state":"running"}', 'noise', '{"ok":true,"n":2}', '{"type":"trailer"}', '[1]', ''];
    expect(parseStdout(lines.join('\n'))).toEqual({ ok: true, n: 2 });
  });

  it.each(['ok', 'summary', 'record', 'session', 'state'])('PARSE-01 a line with "%s" is a report', (mark) => {
    expect(parseStdout(`{"${mark}":null}\n{"else":1}`)).toEqual({ [mark]: null });
  });

  it('PARSE-01 else the whole stdout, when it is one object', () => {
    expect(parseStdout('\n{\n  "answer": {\n    "ok": 1\n  }\n}\n')).toEqual({ answer: { ok: 1 } });
    expect(parseStdout('{"answer":1}')).toEqual({ answer: 1 });
  });

  it.each(['', '\n\n', 'text', '{"half":', '[{"ok":true}]', '"ok"', 'null', '{"a":1}\n{"b":2}'])('PARSE-01 finds none in %j', (text) => {
    expect(parseStdout(text)).toBeUndefined();
  });

  it('reads lines that end with CRLF and are indented', () => {
    expect(parseStdout('x\r\n  {"ok":false}\r\n')).toEqual({ ok: false });
  });

  it('PROC-08 replaces lone surrogates in keys and values, and keeps pairs', () => {
    expect(parseStdout('{"ok":true,"a":"x\\ud800y","b":["\\ud83d\\ude00"],"\\udc00":1}')).toEqual({ ok: true, a: 'x\ufffdy', b: ['😀'], '\ufffd': 1 });
  });
});

describe('final text', () => {
  const places: [string, JsonObject][] = [
    ['last_agent_message', { last_agent_message: 'T', summary: { last_agent_message: 'no' }, message: 'no' }],
    ['summary.last_agent_message', { summary: { last_agent_message: 'T', message: 'no' }, message: 'no' }],
    ['summary.message', { summary: { message: 'T', text: 'no' }, message: 'no' }],
    ['summary.text', { summary: { text: 'T' }, message: 'no' }],
    ['message', { message: 'T', text: 'no' }],
    ['text', { text: 'T', codex: { last_agent_message: 'no' } }],
    ['codex.last_agent_message', { codex: { last_agent_message: 'T', text: 'no' }, stdout_tail: 'no' }],
    ['codex.summary.text', { codex: { summary: { text: 'T' }, message: 'no' } }],
    ['codex.text', { codex: { text: 'T' }, stdout_tail: 'no' }],
    ['stdout_tail', { stdout_tail: 'T', adapter: { stdout_tail: 'no' } }],
    ['adapter.stdout_tail', { adapter: { stdout_tail: 'T' } }],
  ];
  it.each(places)('AGENT-15 takes %s before what stands after it', (_place, report) => {
    expect(finalText(report)).toBe('T');
  });

  it('AGENT-15 passes over blank and non-text values', () => {
    expect(finalText({ last_agent_message: '  ', summary: { message: 5 }, text: 'T' })).toBe('T');
    expect(finalText({ ok: true })).toBe('');
  });

  it('AGENT-16 COMPAT-13 removes completion markers with the white space before them', () => {
    expect(withoutMarkers('Done.\n\nPANDACODE_DONE_17_3\n')).toBe('Done.');
    expect(withoutMarkers('a PANDACODE_DONE_1_2 b PANDACODE_DONE_x_2')).toBe('a b PANDACODE_DONE_x_2');
  });

  it('AGENT-17 keeps a long text whole', () => {
    expect(finalText({ last_agent_message: 'x'.repeat(500_000) })).toHaveLength(500_000);
  });

  it('AGENT-13 AGENT-14 tells reports from other results', () => {
    expect(
      [
        { backend: 'pandacode' },
        { adapter: { backend: 'pandacode' } },
        { runtime: 'codex', summary: {} },
        { runtime: 'codex', thread_id: 't' },
        { runtime: 'r', lastAgentMessage: '' },
      ].every(isExecutorReport),
    ).toBe(true);
    expect([{ backend: 'mock', summary: {} }, { runtime: 'codex' }, { runtime: 5, summary: {} }, null, 'text', []].some(isExecutorReport)).toBe(false);
  });
});

describe('tokens', () => {
  it('BUD-03 takes the first usage object that has a total, in order', () => {
    const all = {
      codex: { usage: { total_tokens: 1 } },
      usage: { total_tokens: 2 },
      execute: { summary: { usage: { total_tokens: 3 } } },
      summary: { usage: { total_tokens: 4 } },
    };
    expect(reportTokens(all)).toBe(1);
    expect(reportTokens({ ...all, codex: { usage: { total_tokens: null } } })).toBe(2);
    expect(reportTokens({ ...all, codex: 1, usage: { input: 3 } })).toBe(3);
    expect(reportTokens({ summary: all.summary })).toBe(4);
  });

  it.each([
    [{ tokenUsage: { total: { totalTokens: 9 } }, total_tokens: 1 }],
    [{ token_usage: { total: { total_tokens: 9 } } }],
    [{ total: { totalTokens: 9 }, totalTokens: 1 }],
    [{ total: { total_tokens: 9 } }],
    [{ totalTokens: 9, total_tokens: 1 }],
    [{ total: 4, total_tokens: 9 }],
  ])('BUD-03 reads the total of %j', (usage) => {
    expect(reportTokens({ usage })).toBe(9);
  });

  it('BUD-03 no total is null, a total of zero is zero', () => {
    expect([{}, { usage: {} }, { usage: null }, { usage: { total_tokens: '5' } }, { usage: { total_tokens: -1 } }].map(reportTokens)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(reportTokens({ usage: { total_tokens: 0 } })).toBe(0);
  });

  it('BUD-05 adds rounds; only an attempt without any usage has none', () => {
    expect(sumTokens([5, null, 7])).toBe(12);
    expect(sumTokens([0])).toBe(0);
    expect(sumTokens([null, null])).toBeNull();
    expect(sumTokens([])).toBeNull();
  });
});

describe('model', () => {
  it('AGENT-21 takes the first place that has one', () => {
    const report = { summary: { model: 'a' }, model: 'b', execute: { summary: { model: 'c' } }, codex: { model: 'd' }, start: { model: 'e' } };
    const seen = (['summary', 'model', 'execute', 'codex', 'start'] as const).map((_place, index, order) => {
      const rest: JsonObject = { ...report };
      for (const gone of order.slice(0, index)) delete rest[gone];
      return reportModel(rest);
    });
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(reportModel({ model: '' })).toBeUndefined();
  });
});

describe('normalised report', () => {
  it('PARSE-02 is ok only with exit 0 and a report that does not say otherwise', () => {
    const ok = (report: JsonObject | undefined, exitCode: number) => succeeded({ report, exitCode });
    expect([ok({ ok: true }, 0), ok({ state: 'completed' }, 0), ok(undefined, 0)]).toEqual([true, true, true]);
    expect([ok({ ok: false }, 0), ok({ ok: true }, 3), ok({}, 1), ok(undefined, 1)]).toEqual([false, false, false, false]);
  });

  it('PARSE-01 without a report keeps tails of at most 4000 characters', () => {
    const report = normaliseReport(execution({ exitCode: 2, stdout: 'o'.repeat(9000), stderr: 'e'.repeat(9000) }));
    expect(report).toMatchObject({ ok: false, backend: 'pandacode', runtime: 'claude', action: 'exec', exit_code: 2, error: { category: 'pandacode_failed' } });
    expect([report['stdout_tail'], report['stderr_tail']].map((tail) => String(tail).length)).toEqual([4000, 4000]);
  });

  it('PARSE-03 has the common fields, the report’s own fields, and no empty ones', () => {
    const report = {
      ok: true,
      state: 'completed',
      session: 'from-report',
      driver: 'd',
      pid: 5,
      summary: {
        ok: true,
        status: 'completed',
        counts: { errors: 0 },
        run_id: 'r',
        log_path: '/l',
        output_tail: 'dropped',
        model: 'm',
        usage: { total_tokens: 3 },
      },
      record: { thread_id: 't', thread_path: '/t', artifacts: { event_log: '/e', secret: 'dropped' } },
      wait: { capture_tail: 'x' },
      warnings: [],
      notes: ['kept'],
      custom: { any: 'thing' },
      effort: '',
    };
    expect(normaliseReport(execution({ report, rawReport: 'raw.json' }))).toEqual({
      ok: true,
      backend: 'pandacode',
      runtime: 'claude',
      model: 'm',
      action: 'exec',
      session: 'from-report',
      state: 'completed',
      exit_code: 0,
      run_id: 'r',
      thread_id: 't',
      thread_path: '/t',
      summary: { ok: true, status: 'completed', counts: { errors: 0 }, run_id: 'r', log_path: '/l', usage: { total_tokens: 3 } },
      notes: ['kept'],
      custom: { any: 'thing' },
      artifacts: { event_log: '/e', raw_report: 'raw.json' },
      adapter: { backend: 'pandacode', runtime: 'claude', raw_report: 'raw.json', log_path: '/l' },
    });
  });

  it('PARSE-03 the state comes from the report, else its summary, else is unknown', () => {
    expect(normaliseReport(execution({ report: { ok: true, summary: { status: 'idle' } } }))['state']).toBe('idle');
    expect(normaliseReport(execution({ report: { ok: true } }))['state']).toBe('unknown');
  });

  it('PARSE-03 only a failure has tails, of at most 1000 characters', () => {
    const parts = { stdout: 'o'.repeat(5000), stderr: 'e'.repeat(5000) };
    expect(normaliseReport(execution({ ...parts, report: { ok: true } }))).not.toHaveProperty('stdout_tail');
    const report = normaliseReport(execution({ ...parts, report: { ok: false } }));
    expect([report['stdout_tail'], report['stderr_tail']].map((tail) => String(tail).length)).toEqual([1000, 1000]);
  });

  it('PARSE-04 COMPAT-08 the message: top level, summary, bamboo’s summary.summary, then the event log', () => {
    const message = (report: JsonObject, fields: Partial<Execution> = {}) =>
      normaliseReport(execution({ report, loggedMessage: 'logged', ...fields }))['last_agent_message'];
    expect(message({ last_agent_message: 'top', summary: { last_agent_message: 'no' } })).toBe('top');
    expect(message({ summary: { last_agent_message: 'inner', summary: 'no' } })).toBe('inner');
    expect(message({ summary: { summary: 'bamboo' } }, { runtime: 'bamboo' })).toBe('bamboo');
    expect(message({ summary: { summary: 'no' } })).toBe('logged');
  });
});

describe('errors of failed reports', () => {
  it('PARSE-05 COMPAT-08 keeps a structured error, each text cut to 1000', () => {
    const error = failed({
      ok: false,
      error: { category: 'codexctl_rate_limit', message: 'é'.repeat(3000), retryable: true, next_action: 'n', retry_prompt: 'p', retry_after_ms: 5, extra: 1 },
    });
    expect(error).toEqual({
      category: 'codexctl_rate_limit',
      message: 'é'.repeat(1000),
      retryable: true,
      next_action: 'n',
      retry_prompt: 'p',
      retry_after_ms: 5,
    });
  });

  it('PARSE-05 an error without a category is pandacode_failed; a text is its message', () => {
    expect(failed({ ok: false, state: 'failed', error: { message: 'm' } })).toMatchObject({ category: 'pandacode_failed', message: 'm', retryable: false });
    expect(failed({ ok: false, error: 'just text' })).toMatchObject({ category: 'pandacode_failed', message: 'just text' });
  });

  it('PARSE-05 state timeout gives pandacode_timeout', () => {
    expect(failed({ ok: false, state: 'timeout' })).toMatchObject({ category: 'pandacode_timeout', retryable: true });
  });

  it('PARSE-05 without a flag, anything but the state "failed" can be retried; feedback has a say', () => {
    expect(failed({ ok: false, state: 'blocked' })['retryable']).toBe(true);
    expect(failed({ ok: false, state: 'failed' })['retryable']).toBe(false);
    expect(failed({ ok: false, state: 'blocked', feedback: { retryable: false } })['retryable']).toBe(false);
    expect(failed({ ok: false, state: 'failed', error: { retryable: true } })['retryable']).toBe(true);
  });

  it('PARSE-05 a made-up message takes wait.error, summary.error, .summary, .errors, then a tail', () => {
    const summary = { error: 'b', summary: 'c', errors: ['d', { message: 'e' }] };
    expect(failed({ ok: false, wait: { error: 'a' }, summary })['message']).toBe('a');
    expect(failed({ ok: false, summary })['message']).toBe('b');
    expect(failed({ ok: false, summary: { ...summary, error: '' } })['message']).toBe('c');
    expect(failed({ ok: false, summary: { errors: summary.errors } })['message']).toBe('d; e');
    expect(failed({ ok: false }, { stderr: 'from stderr\n' })['message']).toBe('the executor exited with code 1: from stderr');
    expect(failed(undefined, { stdout: 'from stdout' })['message']).toContain('from stdout');
    expect(failed(undefined, { signal: 'SIGKILL', exitCode: 137 })['message']).toBe('the executor was ended by SIGKILL and said nothing');
  });

  it('PARSE-02 a report that claims success but exits non-zero is told apart', () => {
    expect(failed({ ok: true, summary: { summary: 'all fine' } }, { exitCode: 3 })['message']).toBe(
      'the executor exited with code 3 although its report does not say that it failed: all fine',
    );
  });

  it('never cuts inside a character', () => {
    expect(tailOf('😀'.repeat(10), 5)).toBe('😀😀');
    expect(tailOf('abc', 5)).toBe('abc');
  });
});

describe('questions', () => {
  it('EXEC-14 sees them by state or by category', () => {
    expect(
      [
        { state: 'waiting_for_user', ok: true },
        { error: { category: 'pandacode_needs_input' } },
        { error: { category: 'x_needs_input_y' } },
        { summary: { status: 'waiting_for_user' } },
      ].every(needsInput),
    ).toBe(true);
    expect([{ state: 'completed' }, { error: { category: 'auth' } }, undefined].some(needsInput)).toBe(false);
  });

  it('EXEC-15 finds the question', () => {
    expect(question({ pending_user_input: 'a?' })).toBe('a?');
    expect(question({ pending_user_input: { question: 'b?' }, error: { message: 'no' } })).toBe('b?');
    expect(question({ error: { message: 'c?' }, last_agent_message: 'no' })).toBe('c?');
    expect(question({})).toBeUndefined();
  });
});

describe('what is kept', () => {
  it('PARSE-06 the name keeps the unique end of a long session', () => {
    const session = `${'long-'.repeat(40)}unique-7`;
    const name = rawReportName('codex', session);
    expect(name).toMatch(/^pandacode-codex-.{80}\.report\.json$/);
    expect(name).toContain('unique-7.report');
    expect(rawReportName('codex', 'a/b c')).toBe('pandacode-codex-a-b-c.report.json');
    expect(rawReportName('codex', 's', 1)).toBe('pandacode-codex-s.2.report.json');
  });

  it('a slim report of a success does not repeat the value; a failure keeps its message', () => {
    const report = { ok: true, last_agent_message: 'T', structured_output: { a: 1 }, thread_id: 't', big: 'x'.repeat(20_000), list: Array(5000).fill(1) };
    expect(slimReport(report, true)).toEqual({ ok: true, thread_id: 't', big: 'x'.repeat(8000) });
    expect(slimReport(report, false)).toMatchObject({ last_agent_message: 'T', structured_output: { a: 1 } });
  });
});
