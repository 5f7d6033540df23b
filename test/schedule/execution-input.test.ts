import { describe, expect, it } from 'vitest';
import { executionInput } from '../../src/execution-input.ts';
import { inputText } from '../../src/input-text.ts';
import { makeInput } from '../support/journal.ts';

const execution = { workflowId: 'nightly-2026-11-21T09:00:00Z', startedMs: 1_795_251_600_000 };

describe('the input of an execution', () => {
  it('CLI-09 of a scheduled run has the id that the server made, a folder of that name, and its start', () => {
    const pinned = { ...makeInput('/p/.odw/runs/nightly'), root: '/p', runId: 'nightly', scheduled: { schedule: 'nightly' } };
    expect(executionInput(pinned, execution)).toEqual({
      ...pinned,
      runId: 'nightly-2026-11-21T09:00:00Z',
      runDir: '/p/.odw/runs/nightly-2026-11-21T09:00:00Z',
      startedMs: 1_795_251_600_000,
    });
    expect(pinned.runId).toBe('nightly');
  });

  it('of any other run is what it was started with', () => {
    const input = makeInput('/p/.odw/runs/r1');
    expect(executionInput(input, execution)).toBe(input);
  });
});

it('the input text is the exact one, else that of the value', () => {
  expect(inputText({ inputRaw: ' {"a": 1}', args: { a: 1 } })).toBe(' {"a": 1}');
  expect(inputText({ inputRaw: null, args: { a: 1 } })).toBe('{"a":1}');
  expect(inputText({ inputRaw: null, args: null })).toBe('');
});
