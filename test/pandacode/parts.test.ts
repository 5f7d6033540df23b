import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { childEnvironment, passedNames } from '../../pandacode/env/child-environment.ts';
import { failure } from '../../pandacode/errors/failure.ts';
import { EventLog } from '../../pandacode/events/event-log.ts';
import { lineSplitter } from '../../pandacode/process/line-splitter.ts';
import { masked, tail } from '../../pandacode/report/mask.ts';
import { buildReport, exitCodeOf } from '../../pandacode/report/report.ts';
import { nextCheck, overdue } from '../../pandacode/run/watchdog.ts';
import { barePrompt } from '../../pandacode/runtimes/claude/project-instructions.ts';
import { ClaudeStream } from '../../pandacode/runtimes/claude/stream.ts';
import { isOlder, versionIn } from '../../pandacode/runtimes/version-number.ts';
import { stateDirectory } from '../../pandacode/state/layout.ts';
import { sessionFileName, sessionName } from '../../pandacode/state/session-name.ts';
import { storePrompt } from '../../pandacode/state/store-prompt.ts';
import { addCost, findPrice, priced } from '../../pandacode/usage/cost.ts';
import { addUsage, usage } from '../../pandacode/usage/usage.ts';
import { removeWorkspaces, workspace } from '../support/pandacode.ts';
import { turnContext } from './turn-context.ts';

afterAll(removeWorkspaces);

describe('environment', () => {
  it('PC-ENV-08 is an allow-list with patterns', () => {
    const env = {
      PATH: 'p',
      LC_ALL: 'c',
      HTTPS_PROXY: 'h',
      no_proxy: 'n',
      GIT_AUTHOR_NAME: 'g',
      DEEPSEEK_API_KEY: 'k',
      AWS_SECRET: 's',
      MY_ONE: '1',
      MY_TWO: '2',
      XPATH: 'x',
    };
    expect(childEnvironment(env)).toEqual({ PATH: 'p', LC_ALL: 'c', HTTPS_PROXY: 'h', no_proxy: 'n', GIT_AUTHOR_NAME: 'g' });
    expect(Object.keys(childEnvironment(env, ['MY_*', 'AWS_SECRET']))).toEqual(expect.arrayContaining(['MY_ONE', 'MY_TWO', 'AWS_SECRET']));
    expect(passedNames(['A'], { PANDACODE_PASS_ENV: 'B, C_*,' })).toEqual(['A', 'B', 'C_*']);
  });
});

describe('names and places', () => {
  it('PC-STATE-02 session names are safe, and a cut one stays unique', () => {
    expect(sessionName('run 1/ü:x')).toBe('run-1-:x');
    const [a, b] = [sessionName(`${'x'.repeat(300)}a`), sessionName(`${'x'.repeat(300)}b`)];
    expect([a.length, b.length, a === b]).toEqual([180, 180, false]);
    expect(sessionName('../..')).toBe('session');
    expect(sessionFileName('a:b')).toMatch(/^a-b-[0-9a-f]{8}$/);
    expect(sessionFileName('a:b')).not.toBe(sessionFileName('a-b'));
  });

  it('PC-ENV-01 a relative state folder lies under the workspace', () => {
    expect([stateDirectory('/w', {}), stateDirectory('/w', { PANDACODE_STATE_DIR: 'state' }), stateDirectory('/w', { PANDACODE_STATE_DIR: '/abs' })]).toEqual([
      '/w/.pandacode',
      '/w/state',
      '/abs',
    ]);
  });

  it('PC-STATE-06 a prompt above 8 MB is sent as a pointer to its file', () => {
    const state = workspace();
    expect(storePrompt(state, 'claude', 's', 'd/1', 'short')).toMatchObject({
      transport: 'direct',
      send: 'short',
      file: expect.stringMatching(/s-d-1-\d+-\d+\.md$/),
    });
    const large = storePrompt(state, 'claude', 's', null, 'x'.repeat(9 * 1024 * 1024));
    expect(large).toMatchObject({ transport: 'file_reference', send: expect.stringContaining(large.file) });
    expect(readFileSync(large.file, 'utf8')).toHaveLength(9 * 1024 * 1024);
  });

  it('PC-CLAUDE-10 the instructions of the project precede the task, cut to 24000 characters', () => {
    const ws = workspace();
    expect(barePrompt(ws, 'task')).toBe('task');
    writeFileSync(join(ws, 'CLAUDE.md'), 'claude rules');
    expect(barePrompt(ws, 'task')).toContain('claude rules');
    writeFileSync(join(ws, 'AGENTS.md'), 'a'.repeat(50_000));
    const prompt = barePrompt(ws, 'task');
    expect(prompt).not.toContain('claude rules');
    expect(prompt.length).toBeLessThan(24_200);
    expect(prompt.endsWith('task')).toBe(true);
  });

  it('PC-CLAUDE-03 versions compare by number', () => {
    expect(versionIn('2.1.328 (Claude Code)')).toBe('2.1.328');
    expect([isOlder('2.1.99', '2.1.328'), isOlder('2.1.328', '2.1.328'), isOlder('10.0.0', '9.9.9')]).toEqual([true, false, false]);
  });
});

describe('watchdog', () => {
  const limits = { overallMs: 1000, idleMs: 100, firstEventMs: 60 };
  const state = { startedMs: 0, lastEventMs: 500, openTools: 0, waitingForFirstSince: undefined };

  it('PC-WD-01 PC-WD-03 PC-WD-07 says which limit is over', () => {
    expect(overdue(limits, state, 599)).toBeUndefined();
    expect(overdue(limits, state, 600)).toBe('idle');
    expect(overdue(limits, { ...state, lastEventMs: 999 }, 1000)).toBe('overall');
    expect(overdue(limits, { ...state, waitingForFirstSince: 500 }, 560)).toBe('first');
  });

  it('PC-WD-03 an open tool makes the idle limit four times as long', () => {
    expect(overdue(limits, { ...state, openTools: 1 }, 899)).toBeUndefined();
    expect(overdue(limits, { ...state, openTools: 1 }, 900)).toBe('idle');
  });

  it('PC-CLI-08 no limit means no timer', () => {
    const none = { overallMs: null, idleMs: 0, firstEventMs: 60 };
    expect(overdue(none, state, 1e15)).toBeUndefined();
    expect(nextCheck(none, state, 0)).toBeNull();
    expect(nextCheck(limits, state, 550)).toBe(50);
  });
});

describe('reading lines', () => {
  function split(chunks: Buffer[], limit?: number) {
    const lines: (string | undefined)[] = [];
    const splitter = lineSplitter((line) => lines.push(line), limit);
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return lines;
  }

  it('PC-OUT-08 characters may be split between chunks', () => {
    const bytes = Buffer.from('ü€😀\r\nx\n\nlast');
    expect(split([...bytes].map((byte) => Buffer.from([byte])))).toEqual(['ü€😀', 'x', '', 'last']);
  });

  it('PC-WD-02 a line that is too long is dropped, and the next one is read', () => {
    expect(split([Buffer.from('abc'), Buffer.from('def\nok\n')], 4)).toEqual([undefined, 'ok']);
  });
});

describe('masking', () => {
  it('PC-ERR-06 keys, mails and terminal codes are not shown', () => {
    const text = masked('\u001b[31mred\u001b[0m sk-0123456789abcdefgh key-0123456789abcdefgh me@example.org sk-short');
    expect(text).toBe('red sk-*** key*** ***@*** sk-short');
    expect(tail('x'.repeat(50), 10)).toHaveLength(10);
  });
});

describe('usage and cost', () => {
  it('PC-USE-01 PC-USE-04 sums turns; unknown turns do not become zero', () => {
    const one = usage({ input: 10, cached_input: 4, output: 2 });
    expect(one).toEqual({ input: 10, cached_input: 4, cache_write: 0, output: 2, reasoning: 0, total: 12, total_tokens: 12 });
    expect(addUsage(one, usage({ input: 1, output: 1 }, true))).toMatchObject({ total: 14, estimated: true });
    expect(addUsage(null, null)).toBeNull();
    expect(addUsage(null, one)).toEqual(one);
  });

  it('PC-USE-05 PC-USE-07 prices by a file, cached input apart', () => {
    const price = { model: 'GPT 5.5', currency: 'USD', input: 2, cache_hit_input: 0.2, output: 10 };
    const file = JSON.stringify({ prices_per_1m_tokens: { 'openai:some-name': price, 'other:gpt-5-5': { ...price, input: 9 } } });
    const found = findPrice(file, 'openai', 'gpt-5.5');
    expect(found).toEqual(price);
    expect(priced(usage({ input: 1_000_000, cached_input: 500_000, output: 100_000 }), price)).toEqual({ amount: 2.1, currency: 'USD', basis: 'price_file' });
    expect(findPrice(file, 'openai', 'gpt-6')).toBeUndefined();
  });

  it('PC-USE-09 an unknown part makes the sum unknown', () => {
    const known = { amount: 1, currency: 'USD', basis: 'list' } as const;
    expect(addCost(known, known)).toEqual({ amount: 2, currency: 'USD', basis: 'list' });
    expect(addCost(known, { amount: null, currency: null, basis: 'none' }).amount).toBeNull();
  });
});

describe('reports', () => {
  const parts = { runtime: { name: 'claude', driver: 'd' }, action: 'exec', session: 's', dispatchId: null, startedMs: 1, warnings: [], notes: [] };

  it.each([
    [undefined, {}, 0, 'completed'],
    [failure('auth', 'x'), {}, 1, 'failed'],
    [failure('pandacode_needs_input', 'x'), {}, 3, 'waiting_for_user'],
    [failure('invalid_request', 'x'), { isUsageError: true }, 2, 'failed'],
    [failure('cancelled', 'x'), { signal: 'SIGTERM' }, 143, 'stopped'],
    [failure('cancelled', 'x'), { signal: 'SIGINT' }, 130, 'stopped'],
    [failure('cancelled', 'x'), { signal: 'SIGHUP' }, 129, 'stopped'],
    [failure('budget', 'x'), {}, 1, 'blocked'],
  ] as const)('PC-OUT-03 PC-OUT-04 exit codes follow the outcome %#', (given, more, code, state) => {
    const report = buildReport({ ...parts, ...more, ...(given ? { failure: given } : {}) });
    expect(report).toMatchObject({ exit_code: code, state, ok: code === 0 });
    expect(exitCodeOf({ failure: given, ...more })).toBe(code);
  });

  it('PC-REP-01 PC-REP-03 every field that odw reads is there, and no name that it mistakes for a value', () => {
    const report = buildReport({ ...parts, failure: failure('auth', 'no key') });
    expect(report).toMatchObject({
      ok: false,
      state: 'failed',
      session: 's',
      usage: null,
      summary: { ok: false, last_agent_message: '', errors: ['no key'] },
      record: null,
      wait: { error: 'no key' },
    });
    for (const name of ['structured_output', 'structuredOutput', 'result', 'output', 'json', 'codex'])
      expect([name in report, name in report.summary]).toEqual([false, false]);
  });
});

describe('events', () => {
  it('PC-EV-01 are numbered without gaps and carry the progress', () => {
    const file = join(workspace(), 'e.jsonl');
    const log = new EventLog('r', file, undefined, () => undefined);
    log.emit('a');
    log.progress.last_tool = 'Bash';
    log.emit('b', { x: 1 });
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { seq: 0, type: 'a', run_id: 'r', progress: { last_tool: null } },
      { seq: 1, type: 'b', data: { x: 1 }, progress: { last_tool: 'Bash' } },
    ]);
  });

  it('PC-ADOPT-10 a full events file gets a counter and the end only', () => {
    const ws = workspace();
    const [own, parent] = [join(ws, 'own.jsonl'), join(ws, 'parent.jsonl')];
    writeFileSync(parent, `${'x'.repeat(50 * 1024 * 1024)}\n`);
    const log = new EventLog('r', own, parent, () => undefined);
    for (const type of ['a', 'b', 'c', 'run.finished']) log.emit(type);
    const added = readFileSync(parent, 'utf8')
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as { type: string; data: object });
    expect(added).toMatchObject([{ type: 'progress', data: { suppressed_events: 1 } }, { type: 'run.finished' }]);
    expect(readFileSync(own, 'utf8').trim().split('\n')).toHaveLength(4);
  });

  it('a folder that is gone does not end the run', () => {
    const log = new EventLog('r', join(workspace(), 'own.jsonl'), '/dev/null/events.jsonl', () => undefined);
    expect(() => log.emit('a')).not.toThrow();
  });
});

describe('claude stream', () => {
  const feed = (stream: ClaudeStream, ...lines: object[]) => lines.forEach((line) => stream.push(JSON.stringify(line)));

  it('PC-EV-03 PC-CLAUDE-05 maps events, whatever the order of keys, and keeps unknown types', () => {
    const { context, events, changed } = turnContext();
    const raw: string[] = [];
    const stream = new ClaudeStream(context, (line) => raw.push(line));
    feed(
      stream,
      { session_id: 's', model: 'm', subtype: 'init', type: 'system' },
      { type: 'something_new' },
      {
        type: 'assistant',
        message: {
          model: 'm',
          content: [
            { type: 'text', text: 'I work' },
            { type: 'tool_use', id: 't', name: 'Edit', input: { file_path: '/w/a' } },
          ],
        },
      },
      { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't' }] } },
      { result: 'fin', is_error: false, type: 'result', subtype: 'success' },
    );
    expect(events()).toEqual(['session.started', 'message', 'tool.started', 'tool.finished']);
    expect(stream).toMatchObject({ lastText: 'I work', model: 'm', result: { result: 'fin' } });
    expect(changed).toEqual(['/w/a']);
    expect(raw).toHaveLength(5);
    expect(context.watchdog.state.openTools).toBe(0);
  });

  it('PC-WD-05 a refused key ends the run at its first retry', () => {
    const { context } = turnContext();
    feed(new ClaudeStream(context, () => undefined), { type: 'system', subtype: 'api_retry', attempt: 1, error_status: 500, retry_delay_ms: 9 });
    expect(context.control.reason).toBeUndefined();
    feed(new ClaudeStream(context, () => undefined), { type: 'system', subtype: 'api_retry', attempt: 1, error_status: 403 });
    expect(context.control.reason?.failure.category).toBe('auth');
  });

  it('PC-CLAUDE-18 a question that nobody can answer is a warning', () => {
    const { context, warnings } = turnContext();
    feed(new ClaudeStream(context, () => undefined), {
      type: 'assistant',
      message: { content: [{ type: 'tool_use', id: 't', name: 'AskUserQuestion', input: { question: 'Which one?' } }] },
    });
    expect(warnings.join()).toContain('Which one?');
  });

  it('lines that are no JSON are warnings, not errors', () => {
    const { context, warnings } = turnContext();
    const stream = new ClaudeStream(context, () => undefined);
    for (const line of ['hello', '', '{"half', undefined]) stream.push(line);
    expect(warnings).toHaveLength(3);
    expect(stream.hasOutput).toBe(true);
  });
});
