import { describe, expect, it } from 'vitest';
import { runState } from '../../schemas/state.ts';
import { stateText } from '../../src/journal/state-text.ts';
import { applyRecord, emptyState } from '../../src/journal/state.ts';
import { EventScript, makeInput } from '../support/journal.ts';

const input = makeInput('/project/.odw/runs/run-1');
const node = { index: 1, key: 'agent:1', label: 'a', phase: 'Scan', agentType: 'coder', attempt: 1, maxAttempts: 2 };

function reduce(script: EventScript, from = input) {
  const state = emptyState(from);
  for (const record of script.records) applyRecord(state, record);
  return state;
}

const at = (ms: number) => new Date(ms).toISOString();

describe('state', () => {
  it('STATE-01 starts empty and fits the schema', () => {
    const state = emptyState(input);
    expect(runState.parse(state)).toEqual({ agents: {}, activeAgents: {}, failedAgents: {}, checkpoints: {}, budget: { total: null, spent: 0 } });
  });

  it('STATE-01 follows a node from start over a retry to success', () => {
    const script = new EventScript(1000).emit(
      'workflow_start',
      { name: 'w', script: '/w.js', backend: 'mock', resumeFrom: '', whenToUse: 'often' },
      { budget: { total: 50, spent: 0, approx: false } },
    );
    script.at(2000).emit('agent_start', node, { fingerprint: 'f', schema: 's' });
    expect(reduce(script).activeAgents['agent:1']).toEqual({ ...node, state: 'running', startedAt: at(2000), updatedAt: at(2000) });
    script.at(3000).emit('agent_retry', { ...node, nextAttempt: 2, reason: 'pandacode_failed' }, {});
    expect(reduce(script).activeAgents['agent:1']).toEqual({
      ...node,
      state: 'retrying',
      startedAt: at(2000),
      updatedAt: at(3000),
      retryReason: 'pandacode_failed',
      nextAttempt: 2,
    });
    script.at(4000).emit('agent_start', { ...node, attempt: 2 }, { fingerprint: 'f', schema: 's' });
    expect(reduce(script).activeAgents['agent:1']).toEqual({ ...node, attempt: 2, state: 'running', startedAt: at(2000), updatedAt: at(4000) });
    script
      .at(5000)
      .emit(
        'agent_done',
        { ...node, attempt: 2, ok: true, tokens: 20, result: { x: 1 } },
        { fingerprint: 'f', schema: 's', model: 'gpt-5', tokens: 20, budget: { total: 50, spent: 20, approx: false } },
      );
    const state = reduce(script);
    expect(state.activeAgents).toEqual({});
    expect(state.agents['agent:1']).toEqual({
      ok: true,
      ...node,
      attempt: 2,
      fingerprint: 'f',
      schema: 's',
      model: 'gpt-5',
      result: { x: 1 },
      tokens: 20,
      ts: at(5000),
    });
    expect(state.budget).toEqual({ total: 50, spent: 20 });
    expect(state.workflow).toEqual({ name: 'w', script: '/w.js', backend: 'mock', resumeFrom: '', whenToUse: 'often' });
    expect(() => runState.parse(state)).not.toThrow();
  });

  it('FAIL-04 a failed node is listed until it succeeds', () => {
    const script = new EventScript(1000)
      .emit('agent_start', node)
      .at(2000)
      .emit('agent_done', { ...node, ok: false, result: { ok: false } }, { tokens: null });
    expect(reduce(script).failedAgents['agent:1']).toEqual({ ...node, ok: false, result: { ok: false }, ts: at(2000) });
    expect(reduce(script).activeAgents).toEqual({});
    script.emit('agent_done', { ...node, ok: true, result: 1 }, { fingerprint: 'f', schema: null, model: 'm', tokens: null });
    expect(reduce(script).failedAgents).toEqual({});
  });

  it('SCH-02 a schema that cannot be loaded fails a node that never started', () => {
    const script = new EventScript(1000).emit('agent_done', { ...node, ok: false, result: { ok: false, error: { category: 'schema_load_error' } } }, {});
    expect(Object.keys(reduce(script).failedAgents)).toEqual(['agent:1']);
  });

  it('RES-04 a skipped node stands in agents with its result', () => {
    const { attempt: _a, maxAttempts: _m, ...skipped } = node;
    const script = new EventScript(1000).emit(
      'agent_skip',
      { ...skipped, reason: 'cached', result: 'R' },
      { fingerprint: 'f', schema: null, model: 'm', tokens: 7 },
    );
    expect(reduce(script).agents['agent:1']).toEqual({
      ok: true,
      ...node,
      maxAttempts: 1,
      fingerprint: 'f',
      schema: null,
      model: 'm',
      result: 'R',
      tokens: 7,
      ts: at(1000),
    });
  });

  it('BUD-04 an approximate sum is marked, an exact one is not', () => {
    const script = new EventScript(1).emit('log', { message: 'x' }, { budget: { total: null, spent: 5, approx: true } });
    expect(reduce(script).budget).toEqual({ total: null, spent: 5, approx: true });
  });

  it('CHK-01 a checkpoint keeps its value in state alone', () => {
    const script = new EventScript(1000).emit('checkpoint', { name: '__proto__' }, { value: { done: 3 } });
    expect(JSON.parse(stateText(reduce(script)))['checkpoints']).toEqual(
      JSON.parse(`{"__proto__":{"name":"__proto__","value":{"done":3},"ts":"${at(1000)}"}}`),
    );
  });

  it('RES-11 a resumed run takes over checkpoints and spent tokens, but no result and no failure', () => {
    const resumed = makeInput('/project/.odw/runs/run-2', { resumedFrom: 'run-1', reuse: { nodes: {}, checkpoints: { half: [1] }, spent: 70, approx: true } });
    const state = emptyState(resumed);
    expect(state.checkpoints['half']).toEqual({ name: 'half', value: [1], ts: at(resumed.startedMs) });
    expect(state.budget).toEqual({ total: null, spent: 70, approx: true });
    expect([state.result, state.error, state.failedAt, state.completedAt]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('STATE-01 a return and a throw', () => {
    expect(reduce(new EventScript(1000).emit('workflow_done', { name: 'w', result: { ok: true } }))).toMatchObject({
      result: { ok: true },
      completedAt: at(1000),
    });
    const failed = reduce(new EventScript(1000).emit('workflow_error', { message: 'Error: x' }));
    expect(failed).toMatchObject({ error: { message: 'Error: x' }, failedAt: at(1000) });
    expect('result' in failed).toBe(false);
  });

  it('EVT-04 an unknown event changes nothing', () => {
    expect(reduce(new EventScript(1).emit('toString', {}).emit('new_thing', { key: 'x' }))).toEqual(emptyState(input));
  });
});

describe('stateText', () => {
  it('STATE-02 is 2-space JSON, also with remembered entries', () => {
    const script = new EventScript(1000).emit(
      'agent_done',
      { ...node, ok: true, result: { text: 'two\nlines', list: [1, [2], {}] } },
      { fingerprint: 'f', schema: null, model: 'm', tokens: 1 },
    );
    script.emit('checkpoint', { name: 'c' }, { value: [] }).emit('workflow_done', { name: 'w', result: { a: [1, 2] } });
    const state = reduce(script);
    const cache = new WeakMap();
    stateText(state, cache);
    expect(stateText(state, cache)).toBe(`${JSON.stringify(state, null, 2)}\n`);
  });

  it('PROC-06 serialises an entry once, however often the state is written', () => {
    const state = emptyState(input);
    let reads = 0;
    const result = { toJSON: () => (reads++, 'big') };
    state.agents['k'] = { ok: true, ...node, fingerprint: '', schema: null, model: '', result: result as never, tokens: 1, ts: '' };
    const cache = new WeakMap();
    for (let i = 0; i < 5; i++) stateText(state, cache);
    expect(reads).toBe(1);
  });

  it('PROC-08 lone surrogates become U+FFFD in values and names, other text stays', () => {
    const script = new EventScript(1).emit('checkpoint', { name: 'n\ud800' }, { value: { 'k\udfff': ['\ud83d\ude00', 'literal \\ud800'] } });
    const text = stateText(reduce(script));
    expect(JSON.parse(text).checkpoints['n\ufffd'].value).toEqual({ 'k\ufffd': ['😀', 'literal \\ud800'] });
    expect(text).not.toMatch(/[^\\]\\ud8/);
  });
});
