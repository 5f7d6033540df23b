import { describe, expect, it } from 'vitest';
import type { RunFile } from '../../schemas/run-file.ts';
import { readOutcome } from '../../src/report/outcome.ts';
import { noUsage } from '../../src/limits/usage.ts';
import { NodeCensus } from '../../src/journal/census.ts';
import { statusText } from '../../cli/runs/status-text.ts';
import type { RunStatus, StatusNode } from '../../cli/runs/status.ts';

const census = new NodeCensus().counts();
const node = (fields: Partial<StatusNode>): StatusNode => ({
  key: 'k',
  index: 1,
  label: 'l',
  phase: 'Scan',
  state: 'running',
  attempt: 1,
  tokens: null,
  ...fields,
});
const base: RunStatus = {
  run: 'odw-exec-1-1',
  name: 'audit',
  status: 'paused',
  state: 'parked',
  verdict: 'unverified',
  census: { ...census, ok: 2, failed: 1 },
  phases: [
    { title: 'Scan', nodes: 3, done: 2, failed: 1, running: 0, unfinished: 0, tokens: 70 },
    { title: '', nodes: 1, done: 0, failed: 0, running: 1, unfinished: 0, tokens: 0 },
  ],
  nodes: [
    node({ key: 'a', state: 'done', tokens: 70 }),
    node({ key: 'b', state: 'cached', tokens: 0 }),
    node({ key: 'c', state: 'failed', label: 'bad\u001b[31m\none', reason: 'cancelled' }),
    node({ key: 'd', state: 'waiting', phase: '', reason: 'quota: claude' }),
  ],
  parked: [{ reason: 'limit', scope: 'run', message: 'LIMIT_MONEY: 5.00 of 5.00 USD used' }],
  budget: { total: 100, spent: 70 },
  usage: { ...noUsage(), tokens: 70, unmetered: 1, money: { measured: 5, estimated: 0.5, unpriced: 1 } },
  started_ms: 0,
  finished_ms: null,
  next: 'odw limits X',
};

describe('odw status for people', () => {
  it('VIEW-15 VIEW-14 VIEW-13 shows the facts of its JSON, what is known of the figures, and no control characters', () => {
    expect(statusText(base, 3_725_000)).toBe(
      [
        'audit  odw-exec-1-1  parked  1h02m05s   agents 3/4  run 0  wait 1  fail 1  at least 70 tok of 100  ~$5.50+?',
        'verdict unverified',
        'parked run: limit: LIMIT_MONEY: 5.00 of 5.00 USD used',
        'go on with: odw limits X',
        '',
        'PHASES',
        '  Scan  3/3  70 tok  fail 1',
        '  –  0/1  0 tok',
        '',
        'NODES',
        '  ✗ bad [31m one  failed (cancelled)  Scan  attempt 1  key=c',
        '  ◌ l  waiting (quota: claude)    attempt 1  key=d',
      ].join('\n'),
    );
  });

  it('VIEW-18 a thousand nodes that run are counted, not listed', () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => node({ index, key: `k${index}` }));
    const lines = statusText({ ...base, nodes, parked: [] }, 1000).split('\n');
    expect([lines.at(-1), lines.length < 60]).toEqual(['  and 970 more', true]);
  });
});

describe('the report of a run that is held', () => {
  const outcome = (fields: Partial<RunFile>) =>
    readOutcome(
      { run_id: 'r', status: 'paused', ...fields } as RunFile,
      { agents: {}, activeAgents: {}, failedAgents: {}, checkpoints: {}, budget: { total: null, spent: 0 } },
      undefined,
      census,
      (value) => ({ text: String(value) }),
    );

  it('RPT-05 says paused or parked, why, and the command that goes on', () => {
    expect(outcome({ state: 'paused' })).toMatchObject({ kind: 'open', status: 'paused', note: 'goes on with: odw unpause r' });
    expect(outcome({ state: 'parked', parked: { reason: 'quota', scope: 'provider:claude', until: '2030-01-01T00:00:00.000Z' } })).toMatchObject({
      status: 'parked',
      note: 'quota until 2030-01-01T00:00:00.000Z; goes on with: odw unpause r',
    });
    expect(outcome({ state: 'parked', parked: { reason: 'limit', scope: 'run', message: 'LIMIT_TOKENS: …', fix: 'odw limits r' } }).note).toBe(
      'limit: LIMIT_TOKENS: …; goes on with: odw limits r',
    );
    expect(outcome({ status: 'interrupted' })).toMatchObject({ kind: 'open', status: 'interrupted', note: 'goes on with: odw exec --resume r' });
  });
});
