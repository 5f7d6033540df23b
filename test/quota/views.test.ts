import { describe, expect, it } from 'vitest';
import type { JournalRecord, SinkRecord } from '../../schemas/journal.ts';
import type { RunState } from '../../schemas/state.ts';
import { eventLines, eventSummary } from '../../src/journal/lines.ts';
import { applyRecord } from '../../src/journal/state.ts';
import { readLog } from '../../src/report/log.ts';
import { readNodes } from '../../src/report/nodes.ts';

const common = { index: 1, key: 'k', label: 'check', phase: 'Verify', attempt: 1, maxAttempts: 1 };
const park = {
  scope: 'provider:claude',
  reason: 'quota',
  provider: 'claude',
  account: 'default',
  until: '2026-11-21T15:00:00.000Z',
  source: 'reported',
  message: 'claude is used up',
};
const story: [number, Record<string, unknown>][] = [
  [0, { type: 'agent_start', ...common, runtime: 'claude', model: 'opus' }],
  [10, { type: 'park', ...park }],
  [11, { type: 'agent_wait', ...common, reason: 'quota: claude', tokens: 5 }],
  [500, { type: 'unpark', scope: 'provider:claude', reason: 'a node was served' }],
  [501, { type: 'agent_continue', ...common }],
  [600, { type: 'agent_done', ...common, ok: true, result: 'done', tokens: 7 }],
];
const records = story.map(([ms, event], i): SinkRecord => ({
  seq: i + 1,
  ts_ms: ms,
  event: { ts: new Date(ms).toISOString(), ...event } as SinkRecord['event'],
  stream: 'stdout',
}));

const moved: SinkRecord[] = [
  ...records.slice(0, 3),
  ...[
    {
      type: 'agent_failover',
      index: 1,
      key: 'k2',
      before: 'k',
      label: 'check',
      phase: 'Verify',
      runtime: 'codex',
      model: 'inherit',
      from: 'claude',
      to: 'codex',
    },
    { type: 'agent_continue', ...common, key: 'k2', failover: { from: 'claude', to: 'codex' } },
    {
      type: 'agent_done',
      ...common,
      key: 'k2',
      runtime: 'codex',
      model: 'gpt',
      failover: { from: 'claude', to: 'codex' },
      ok: true,
      result: 'done',
      tokens: 7,
    },
  ].map((event, i): SinkRecord => ({
    seq: i + 4,
    ts_ms: 500 + i,
    event: { ts: new Date(500 + i).toISOString(), ...event },
    stream: 'stdout',
  })),
];

function stateAfter(count: number, story = records): RunState {
  const state: RunState = { agents: {}, activeAgents: {}, failedAgents: {}, checkpoints: {}, budget: { total: null, spent: 0 } };
  for (const record of story.slice(0, count)) applyRecord(state, record);
  return state;
}

describe('a node that waited for its provider', () => {
  it('QUOTA-04 VIEW-13 is waiting in state.json, with its reason, while its provider is parked', () => {
    const parked = stateAfter(3);
    expect(parked.activeAgents['k']).toEqual({
      ...common,
      state: 'waiting',
      startedAt: new Date(0).toISOString(),
      updatedAt: new Date(11).toISOString(),
      waitReason: 'quota: claude',
    });
    expect(parked.parked).toEqual({ 'provider:claude': park });
    const again = stateAfter(5);
    expect(again.activeAgents['k']).toMatchObject({ state: 'running', startedAt: new Date(0).toISOString() });
    expect(again.activeAgents['k']).not.toHaveProperty('waitReason');
    expect(again).not.toHaveProperty('parked');
    const done = stateAfter(6);
    expect([Object.keys(done.activeAgents), Object.keys(done.agents)]).toEqual([[], ['k']]);
  });

  it('EVT-04 agent_wait agent_continue park unpark have a line each', () => {
    expect(records.flatMap(({ event }) => eventLines(event)).slice(1, 5)).toEqual([
      '[run] parked provider:claude reason=quota until=2026-11-21T15:00:00.000Z: claude is used up',
      '[node] wait Verify / check reason=quota: claude',
      '[run] unparked provider:claude reason=a node was served',
      '[node] continue Verify / check',
    ]);
  });

  it('QUOTA-03 VIEW-13 is one attempt of two parts in the report, and counts as done', () => {
    const journal = records.map(({ seq, ts_ms, event, stream }): JournalRecord => ({
      type: 'script_stream',
      seq,
      ts_ms,
      stream,
      summary: eventSummary(event),
      raw: event,
    }));
    const [node] = readNodes(journal, { limit: 1000, ended: true });
    expect(node).toMatchObject({ status: 'ok', tokens: 12, startMs: 0, endMs: 600 });
    expect(node?.attempts).toEqual([
      { attempt: 1, startMs: 0, endMs: 11, outcome: 'wait', reason: 'quota: claude', tokens: 5 },
      { attempt: 1, startMs: 501, endMs: 600, outcome: 'ok', tokens: 7 },
    ]);
    expect(readLog(journal).map(({ text }) => text)).toEqual([expect.stringContaining('parked provider:claude'), expect.stringContaining('unparked')]);
  });

  it('QUOTA-07 is one node when another provider takes it over, under the key that says who answered', () => {
    expect(Object.keys(stateAfter(4, moved).activeAgents)).toEqual(['k2']);
    const done = stateAfter(6, moved);
    expect([Object.keys(done.activeAgents), Object.keys(done.agents)]).toEqual([[], ['k2']]);
    expect(done.agents['k2']).toMatchObject({ result: 'done', failover: { from: 'claude', to: 'codex' } });
    expect(eventLines(moved[3]!.event)).toEqual(['[node] failover Verify / check claude -> codex']);
    const nodes = readNodes(
      moved.map(({ seq, ts_ms, event, stream }): JournalRecord => ({ type: 'script_stream', seq, ts_ms, stream, summary: '', raw: event })),
      { limit: 1000, ended: true },
    );
    const named = moved
      .slice(0, 5)
      .map(({ event, ...record }) => ({ ...record, event: { ...event, key: 'mine', ...('before' in event ? { before: 'mine' } : {}) } }));
    const [own] = readNodes(
      named.map(({ seq, ts_ms, event, stream }): JournalRecord => ({ type: 'script_stream', seq, ts_ms, stream, summary: '', raw: event })),
      { limit: 1000, ended: false },
    );
    // A node with an id keeps its key, and yet has nothing of the model that it asked for.
    expect(own).toMatchObject({ key: 'mine', runtime: 'codex', model: 'inherit', status: 'running' });
    expect(nodes).toMatchObject([{ key: 'k2', status: 'ok', runtime: 'codex', model: 'gpt', attempts: [{ outcome: 'wait' }, { outcome: 'ok' }] }]);
  });
});
