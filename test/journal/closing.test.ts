import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeJournal } from '../../activities/journal/close-journal.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import { runState } from '../../schemas/state.ts';
import { closingRecord, isLastEvent, readClosing, unplayable, type RunClosing } from '../../temporal/run/closing.ts';
import { unplayablePrefix, watchdogPrefix } from '../../temporal/worker/watchdog.ts';
import { EventScript } from '../support/journal.ts';
import { makeRunFolder } from '../support/run-folders.ts';

const ended = (attributes: object): History =>
  ({ events: [{ workflowExecutionStartedEventAttributes: {} }, { eventTime: { seconds: 50, nanos: 987_654_321 }, ...attributes }] }) as unknown as History;
const terminated = (reason?: string) => ended({ workflowExecutionTerminatedEventAttributes: { reason } });

describe('how a run ended, by the last event of its history', () => {
  it.each<[string, History, Omit<RunClosing, 'closedMs'>]>([
    ['a return', ended({ workflowExecutionCompletedEventAttributes: {} }), { status: 'completed', code: 0 }],
    [
      'a throw',
      ended({ workflowExecutionFailedEventAttributes: { failure: { message: 'boom', applicationFailureInfo: { type: 'LIMIT_MONEY' } } } }),
      { status: 'failed', code: 1, error: { category: 'LIMIT_MONEY', message: 'boom' } },
    ],
    [
      'a failure that says nothing',
      ended({ workflowExecutionFailedEventAttributes: { failure: {} } }),
      { status: 'failed', code: 1, error: { category: 'workflow_error', message: 'the run failed' } },
    ],
    [
      'a stop',
      ended({ workflowExecutionCanceledEventAttributes: {} }),
      { status: 'cancelled', code: 1, error: { category: 'cancelled', message: 'the run was stopped' } },
    ],
    [
      'somebody who ended it',
      terminated('by hand'),
      { status: 'cancelled', code: 1, error: { category: 'cancelled', message: 'the run was terminated from outside: by hand' } },
    ],
    [
      'somebody without a word',
      terminated(),
      { status: 'cancelled', code: 1, error: { category: 'cancelled', message: 'the run was terminated from outside' } },
    ],
    ['our own watchdog', terminated(`${watchdogPrefix}it hung`), { status: 'failed', code: 1, error: { category: 'workflow_error', message: 'it hung' } }],
    [
      'a time limit of the server',
      ended({ workflowExecutionTimedOutEventAttributes: {} }),
      { status: 'failed', code: 1, error: { category: 'workflow_error', message: 'the run reached its execution time limit on the server' } },
    ],
  ])('FILE-01 CLI-08 %s', (_, history, closing) => {
    expect(readClosing(history)).toEqual({ ...closing, closedMs: 50_987 });
  });

  it('HIST-02 a run that this version cannot play is told apart from one that hung: its results can still be reused', () => {
    const closing = readClosing(terminated(`${unplayablePrefix}another timer`));
    expect(closing).toMatchObject({
      status: 'failed',
      error: { category: unplayable, message: expect.stringMatching(/^this version cannot go on .*another timer$/) as string },
    });
  });

  it('RES-02 a run that goes on has no end, also when it goes on in a new execution', () => {
    for (const events of [undefined, [], [{ workflowTaskCompletedEventAttributes: {} }], [{ workflowExecutionContinuedAsNewEventAttributes: {} }]])
      expect(readClosing({ events } as unknown as History)).toBeUndefined();
  });

  it('PROC-05 what a run could not write itself stands behind its last event, once', () => {
    const failed = readClosing(terminated(`${watchdogPrefix}it hung`))!;
    const stopped = readClosing(terminated('by hand'))!;
    const ts = new Date(50_987).toISOString();
    expect(closingRecord(failed, 7, false, {})).toEqual({ seq: 8, ts_ms: 50_987, stream: 'stdout', event: { type: 'workflow_error', ts, message: 'it hung' } });
    expect(closingRecord(stopped, 0, false, { state: 'paused' })?.event).toEqual({
      type: 'run_state',
      ts,
      from: 'paused',
      to: 'stopped',
      reason: 'terminated',
    });
    expect(closingRecord(stopped, 0, false, {})?.event['from']).toBe('running');
    expect(closingRecord(failed, 7, true, {})).toBeUndefined();
    expect(closingRecord({ status: 'completed', code: 0, closedMs: 1 }, 7, false, {})).toBeUndefined();
    for (const closing of [failed, stopped]) expect(isLastEvent(closingRecord(closing, 1, false, {})!.event)).toBe(true);
    expect(isLastEvent({ type: 'run_state', ts, to: 'paused' })).toBe(false);
  });
});

describe('the end of a run that cannot be played any more', () => {
  let root: string;
  let runDir: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'odw-closing-'));
    const node = (key: string) => ({ index: 1, key, label: key, phase: '', attempt: 1, maxAttempts: 1 });
    runDir = await makeRunFolder(root, 'r', {
      events: () =>
        new EventScript(1000)
          .emit('agent_start', node('a'))
          .emit('agent_start', node('b'))
          .emit('agent_start', node('old'))
          .emit('agent_failover', { ...node('new'), before: 'old', from: 'claude', to: 'codex' })
          .emit('agent_done', { ...node('a'), ok: true, result: 'A', tokens: 3 })
          .emit('agent_done', { ...node('c'), ok: false, result: { ok: false, error: { category: 'quota', message: 'used up' } } })
          .emit('agent_skip', { ...node('d'), reason: 'cached', result: 'D' }),
    });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

  const text = (name: string) => readFileSync(join(runDir, name), 'utf8');
  const journal = () =>
    text('events.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JournalRecord);
  const state = () => runState.parse(JSON.parse(text('state.json')));
  const failed = { status: 'failed', code: 1, closedMs: 9000, message: 'it cannot go on' } as const;
  const census = { ok: 1, failed: 0, cached: 1, stopped: 2, refused: 0, empty: 0, schemaInvalid: 0, quota: 1, timeout: 0, skipped: 0 };

  it('PROC-05 RUN-03 stands behind what its files say, with what was under way as unfinished, and nothing that they have is lost', () => {
    const before = text('events.jsonl');
    expect(closeJournal(runDir, failed)).toEqual({ status: 'failed', state: 'failed', parked: null, finished_ms: 9000, census });
    expect(text('events.jsonl').startsWith(before)).toBe(true);
    const [error, exit] = journal().slice(-2);
    expect(error).toMatchObject({ seq: 8, ts_ms: 9000, summary: '[workflow] error it cannot go on', raw: { type: 'workflow_error' } });
    expect(exit).toEqual({ type: 'exit', seq: 9, ts_ms: 9000, status: 'failed', code: 1 });
    const { agents, activeAgents, unfinishedAgents, failedAgents, error: told, failedAt } = state();
    expect([Object.keys(agents), Object.keys(activeAgents), Object.keys(unfinishedAgents ?? {}), Object.keys(failedAgents)]).toEqual([
      ['a', 'd'],
      [],
      ['b', 'new'],
      ['c'],
    ]);
    expect([told, failedAt]).toEqual([{ message: 'it cannot go on' }, new Date(9000).toISOString()]);
  });

  it('PROC-05 done again, it changes nothing', () => {
    const first = closeJournal(runDir, failed);
    const files = [text('events.jsonl'), text('state.json')];
    expect(closeJournal(runDir, failed)).toEqual(first);
    expect([text('events.jsonl'), text('state.json')]).toEqual(files);
  });

  it('FILE-01 a run that was stopped says from which state, and is no failure', () => {
    expect(closeJournal(runDir, { ...failed, status: 'cancelled' })).toMatchObject({ status: 'cancelled', state: 'stopped' });
    expect(journal().slice(-2)).toMatchObject([{ raw: { type: 'run_state', from: 'running', to: 'stopped', reason: 'terminated' } }, { status: 'cancelled' }]);
    expect(state()).not.toHaveProperty('error');
  });

  it('FILE-01 a run that completed with failed nodes says so, and gets no event of its own', () => {
    const count = journal().length;
    expect(closeJournal(runDir, { ...failed, status: 'completed', code: 0 })).toMatchObject({ status: 'completed', state: 'completed-with-failures' });
    expect(journal()).toHaveLength(count + 1);
  });

  it('EVT-02 a torn last line goes, and what is in no line of JSON is passed over', () => {
    writeFileSync(join(runDir, 'events.jsonl'), `${text('events.jsonl')}{"type":"script_stream","seq":8,"raw":{"ty`);
    expect(closeJournal(runDir, failed).census).toEqual(census);
    expect(journal().at(-1)).toMatchObject({ type: 'exit', seq: 9 });
  });

  it.each(['', '{"agents":', 'null', '[]', '{}'])(
    'RES-09 a state.json that is damaged (%j) stays as it is, for somebody to look at; the journal gets its end',
    (damage) => {
      writeFileSync(join(runDir, 'state.json'), damage);
      expect(closeJournal(runDir, failed)).toMatchObject({ status: 'failed', census });
      expect(text('state.json')).toBe(damage);
      expect(journal().at(-1)).toMatchObject({ type: 'exit', status: 'failed' });
    },
  );

  it('PROC-05 a damaged line in the middle costs the counts of its node, not the end of the run', () => {
    const lines = text('events.jsonl').split('\n');
    lines[5] = `${lines[5]?.slice(0, 30)}\u0000\u0000`;
    writeFileSync(join(runDir, 'events.jsonl'), lines.join('\n'));
    expect(closeJournal(runDir, failed)).toMatchObject({ status: 'failed', finished_ms: 9000 });
    expect(text('events.jsonl').trimEnd().split('\n').at(-1)).toContain('"type":"exit"');
  });

  it('a folder without files gets the end alone', () => {
    const empty = join(root, '.odw', 'runs', 'empty');
    mkdirSync(empty, { recursive: true });
    expect(closeJournal(empty, { ...failed, status: 'cancelled' }).census).toEqual(Object.fromEntries(Object.keys(census).map((kind) => [kind, 0])));
    expect(readFileSync(join(empty, 'events.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });
});
