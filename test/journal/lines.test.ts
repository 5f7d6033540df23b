import { describe, expect, it } from 'vitest';
import { eventLines, eventSummary, stderrLine } from '../../src/journal/lines.ts';

const ts = '2026-03-01T09:00:00.000Z';
const lines = (type: string, fields: Record<string, unknown> = {}) => eventLines({ type, ts, ...fields });

describe('eventLines', () => {
  it.each([
    ['workflow_start', { name: 'audit', backend: 'mock' }, '[workflow] start audit backend=mock'],
    ['phase', { title: 'Scan', detail: '' }, '[phase] Scan - '],
    ['phase', { title: 'Scan', detail: 'all files' }, '[phase] Scan - all files'],
    ['phase', { title: 'Scan' }, '[phase] Scan'],
    ['agent_start', { phase: 'Scan', label: 'a', agentType: 'coder', attempt: 1, maxAttempts: 1 }, '[node] start Scan / a / coder'],
    ['agent_start', { phase: 'Scan', label: 'a', agentType: 'coder', attempt: 2, maxAttempts: 3 }, '[node] start Scan / a / coder attempt=2/3'],
    ['agent_schema_invalid', { phase: 'Scan', label: 'a', attempt: 1, maxAttempts: 2 }, '[node] schema-mismatch Scan / a attempt=1/2'],
    [
      'agent_retry',
      { phase: 'Scan', label: 'a', reason: 'schema_mismatch', nextAttempt: 2, maxAttempts: 3 },
      '[node] retry Scan / a reason=schema_mismatch next=2/3',
    ],
    ['agent_skip', { phase: 'Scan', label: 'a', agentType: 'coder' }, '[node] skip Scan / a / coder cached=true'],
    ['agent_done', { phase: 'Scan', label: 'a', ok: false }, '[node] done Scan / a / - ok=false'],
    ['parallel_start', { phase: 'Scan', label: 'parallel', count: 3, max: 2 }, '[parallel] start Scan / parallel count=3 max=2'],
    ['parallel_done', { phase: 'Scan', label: 'parallel', ok: true }, '[parallel] done Scan / parallel ok=true'],
    ['parallel_item_error', { label: 'parallel', index: 1, message: 'boom' }, '[parallel] item-error parallel[1] boom'],
    ['pipeline_start', { phase: 'Scan', count: 4, stages: 2, max: 3 }, '[pipeline] start Scan items=4 stages=2 max=3'],
    ['pipeline_done', { phase: 'Scan', ok: false }, '[pipeline] done Scan ok=false'],
    ['pipeline_item_error', { index: 0, message: 'boom' }, '[pipeline] item-error [0] boom'],
    ['log', { message: 'hello' }, '[log] hello'],
    ['checkpoint', { name: 'half' }, '[checkpoint] half'],
    ['worktree_start', { label: 'a' }, '[worktree] start a'],
    ['worktree_done', { label: 'a', changed: true, files: 2 }, '[worktree] done a changed=true files=2'],
    ['panda_auto_answer', { runtime: 'claude', round: 1 }, '[answer] auto-answer claude needs_input round=1'],
    ['prompt_slot', { name: 'x' }, '[event] prompt_slot'],
    ['constructor', {}, '[event] constructor'],
  ])('CLI-14 %s %j', (type, fields, line) => {
    expect(lines(type, fields)).toEqual([line]);
  });

  it('CLI-14 workflow_done has a second line with the result unless that is null', () => {
    expect(lines('workflow_done', { name: 'audit', result: { ok: true, n: [1] } })).toEqual(['[workflow] done audit', '[result] {"ok":true,"n":[1]}']);
    expect(lines('workflow_done', { name: 'audit', result: null })).toEqual(['[workflow] done audit']);
    expect(lines('workflow_done', { name: 'audit' })).toEqual(['[workflow] done audit']);
    expect(lines('workflow_done', { name: 'audit', result: false })).toEqual(['[workflow] done audit', '[result] false']);
  });

  it('CLI-14 a stack is printed line by line and blank lines are not', () => {
    expect(lines('workflow_error', { message: 'Error: boom\n\n    at audit.js:3:1' })).toEqual(['[workflow] error Error: boom', '    at audit.js:3:1']);
  });

  it('CLI-15 a missing string is "-" and an unset phase is empty', () => {
    expect(lines('agent_start', { phase: '', label: 'x', attempt: 1, maxAttempts: 1 })).toEqual(['[node] start  / x / -']);
    expect(lines('agent_start', {})).toEqual(['[node] start - / - / -']);
  });

  it('CLI-15 text that is no event is cut to 240 on one line', () => {
    expect(eventLines('two\nlines')).toEqual(['two\\nlines']);
    expect(eventLines('x'.repeat(300))).toEqual([`${'x'.repeat(240)}...`]);
    expect(eventLines({ no: 'type' })).toEqual(['{"no":"type"}']);
  });

  it('CLI-16 stderr of the script is marked and cut', () => {
    expect(stderrLine('careful')).toBe('[script:stderr] careful');
    expect(stderrLine('y'.repeat(500))).toBe(`[script:stderr] ${'y'.repeat(240)}...`);
  });

  it('PROC-08 a cut never splits a character and a lone surrogate becomes U+FFFD', () => {
    expect(eventLines('😀'.repeat(241))).toEqual([`${'😀'.repeat(240)}...`]);
    expect(lines('log', { message: 'a\ud83d' })).toEqual(['[log] a\ufffd']);
    expect(lines('workflow_done', { name: 'n', result: { text: '\udc00' } })[1]).toBe('[result] {"text":"\ufffd"}');
  });

  it('a summary does not repeat a large result', () => {
    const summary = eventSummary({ type: 'workflow_done', ts, name: 'audit', result: 'z'.repeat(100_000) });
    expect(summary.length).toBeLessThan(2100);
    expect(summary.startsWith('[workflow] done audit\n[result] "zzz')).toBe(true);
  });
});
