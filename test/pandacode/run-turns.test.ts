import { afterEach, describe, expect, it } from 'vitest';
import { failure } from '../../pandacode/errors/failure.ts';
import { runTurns } from '../../pandacode/run/run-turns.ts';
import { claude } from '../../pandacode/runtimes/claude/claude.ts';
import type { Runtime, TurnRequest, TurnResult } from '../../pandacode/runtimes/runtime.ts';
import { compileSchema } from '../../pandacode/schema/load-schema.ts';
import { usage } from '../../pandacode/usage/usage.ts';
import { removeWorkspaces } from '../support/pandacode.ts';
import { turnContext } from './turn-context.ts';

afterEach(removeWorkspaces);

const schema = () => compileSchema({ type: 'object', required: ['n'], properties: { n: { type: 'number' } } }, 'test');

/** A runtime that answers with the given turns, one after another, and remembers what it was asked. */
function scripted(turns: Partial<TurnResult>[]): { runtime: Runtime; asked: TurnRequest[] } {
  const asked: TurnRequest[] = [];
  const runTurn = (request: TurnRequest): Promise<TurnResult> => {
    const next = turns[Math.min(asked.length, turns.length - 1)];
    asked.push(request);
    return Promise.resolve({
      threadId: 'thread',
      finalText: '',
      usage: usage({ input: 100, output: 10 }),
      rawUsage: { total_tokens: 110, tokenUsage: { total: { totalTokens: 110 } } },
      cost: { amount: 0.25, currency: 'USD', basis: 'list' },
      model: 'm',
      baseline: { turn: asked.length },
      stderrTail: '',
      summary: {},
      extra: {},
      ...next,
    });
  };
  return { runtime: { ...claude, runTurn }, asked };
}

function request(options: Partial<TurnRequest['options']> = {}): TurnRequest {
  return {
    prompt: 'task',
    workspace: '/w',
    stateDir: '/s',
    session: 's',
    model: null,
    effort: 'low',
    permission: 'max',
    options: { claudeMode: 'auto', allowTools: [], codexConfig: [], passEnv: [], persist: true, ...options },
    env: {},
    artifacts: {},
    baseline: {},
    runId: 'run',
    action: 'exec',
    schemaRepairs: 2,
    deadlineMs: null,
  };
}

describe('the turns of a run', () => {
  it('PC-SCHEMA-08 without a schema the text passes through untouched', async () => {
    const { runtime, asked } = scripted([{ finalText: 'not json' }]);
    const result = await runTurns(runtime, request(), turnContext().context, undefined, 2);
    expect([result.failure, result.structured, result.turn.finalText, asked.length]).toEqual([undefined, undefined, 'not json', 1]);
  });

  it('PC-SCHEMA-04 a repair continues the thread, names the problems, and all turns are summed', async () => {
    const { runtime, asked } = scripted([{ finalText: '{"n":"x"}' }, { finalText: 'prose' }, { finalText: '{"n":1}' }]);
    const { context, events } = turnContext();
    const result = await runTurns(runtime, request(), context, await schema(), 2);
    expect(result).toMatchObject({ structured: { value: { n: 1 } }, usage: { input: 300, output: 30, total_tokens: 330 }, cost: { amount: 0.75 } });
    expect(result.rawUsage).toEqual({ total_tokens: 330, tokenUsage: { total: { totalTokens: 330 } } });
    expect(asked.map((one) => [one.resumeThread, one.baseline])).toEqual([
      [undefined, {}],
      ['thread', { turn: 1 }],
      ['thread', { turn: 2 }],
    ]);
    expect(asked[1]?.prompt).toContain('$.n must be number');
    expect(events()).toEqual(['schema.invalid', 'schema.repair', 'schema.invalid', 'schema.repair']);
  });

  it('PC-SCHEMA-06 what is left over after the last repair is a mismatch', async () => {
    const { runtime, asked } = scripted([{ finalText: '{"n":"x"}' }]);
    const result = await runTurns(runtime, request(), turnContext().context, await schema(), 1);
    expect(result).toMatchObject({ failure: { category: 'schema_mismatch', issues: ['$.n must be number'] }, rejected: { value: { n: 'x' } } });
    expect([result.structured, asked.length]).toEqual([undefined, 2]);
  });

  it.each([
    ['without a conversation to continue', { threadId: null }, {}],
    ['with --no-persist', {}, { persist: false }],
  ])('PC-CLAUDE-16 nothing is repaired %s', async (_, turn, options) => {
    const { runtime, asked } = scripted([{ finalText: 'prose', ...turn }]);
    const result = await runTurns(runtime, request(options), turnContext().context, await schema(), 2);
    expect([result.failure?.category, asked.length]).toEqual(['schema_mismatch', 1]);
  });

  it('PC-ERR-01 another failure than a mismatch is not repaired, and keeps its name', async () => {
    const { runtime, asked } = scripted([{ failure: failure('network', 'gone'), finalText: '{"n":1}' }]);
    const result = await runTurns(runtime, request(), turnContext().context, await schema(), 2);
    expect([result.failure?.category, result.structured, asked.length]).toEqual(['network', undefined, 1]);
  });

  it('a failure in a repair turn is the failure of the run', async () => {
    const { runtime } = scripted([{ finalText: 'prose' }, { failure: failure('rate_limit', 'slow') }]);
    expect((await runTurns(runtime, request(), turnContext().context, await schema(), 2)).failure?.category).toBe('rate_limit');
  });

  it('PC-SCHEMA-04 a mismatch that the CLI reports itself is repaired too', async () => {
    const { runtime } = scripted([{ failure: failure('schema_mismatch', 'five times wrong') }, { structured: { value: { n: 2 } } }]);
    expect(await runTurns(runtime, request(), turnContext().context, await schema(), 2)).toMatchObject({ structured: { value: { n: 2 } } });
  });

  it.each([
    ['tokens', { maxTotalTokens: 100 }],
    ['cost', { maxCost: 0.1 }],
  ])('PC-USE-10 a cap on %s keeps the next turn from starting, and not a finished one from counting', async (_, options) => {
    const wrong = scripted([{ finalText: 'prose' }]);
    expect((await runTurns(wrong.runtime, request(options), turnContext().context, await schema(), 2)).failure?.category).toBe('budget');
    expect(wrong.asked).toHaveLength(1);
    const right = scripted([{ finalText: '{"n":1}' }]);
    expect((await runTurns(right.runtime, request(options), turnContext().context, await schema(), 2)).failure).toBeUndefined();
  });

  it('a run that was asked to stop starts no repair', async () => {
    const { context } = turnContext();
    context.control.stop(failure('cancelled', 'stop'));
    const { runtime, asked } = scripted([{ finalText: 'prose' }]);
    expect((await runTurns(runtime, request(), context, await schema(), 2)).failure?.category).toBe('cancelled');
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['by itself', undefined, 'internal'],
    ['because the run is being ended', failure('pandacode_timeout', 'too long'), 'pandacode_timeout'],
  ])('PC-USE-04 a repair that breaks %s makes the sum an estimate, and has the right name', async (_, reason, category) => {
    const { context } = turnContext();
    const { runtime, asked } = scripted([{ finalText: 'prose' }]);
    const breaking: Runtime = {
      ...runtime,
      runTurn: (one, within) => {
        if (asked.length === 0) return runtime.runTurn(one, within);
        if (reason) within.control.stop(reason);
        return Promise.reject(new Error('broke'));
      },
    };
    const result = await runTurns(breaking, request(), context, await schema(), 2);
    expect(result).toMatchObject({ failure: { category }, usage: { input: 100, estimated: true }, turn: { finalText: 'prose' } });
  });

  it('PC-USE-04 unknown usage of one turn does not hide the other', async () => {
    const { runtime } = scripted([{ finalText: 'prose', usage: null }, { finalText: '{"n":1}' }]);
    expect((await runTurns(runtime, request(), turnContext().context, await schema(), 2)).usage).toMatchObject({ input: 100 });
  });
});
