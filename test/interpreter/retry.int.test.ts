import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome } from '../../schemas/node.ts';
import { answer, failure, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const inTurn = (...outcomes: NodeOutcome[]) => {
  let n = 0;
  return () => outcomes[Math.min(n++, outcomes.length - 1)] as NodeOutcome;
};
const mismatch: NodeOutcome = {
  ...failure('schema_mismatch', 'does not match', true),
  status: 'mismatch',
  value: { wrong: 1 },
  failure: { category: 'schema_mismatch', message: 'does not match', retryable: true, issues: ['$.a is required'] },
};

describe('retries', () => {
  it('RETRY-01 RETRY-02 BUD-05 tries a retryable failure again, and every attempt counts', async () => {
    const run = await interpreter.run(`return await agent('x', { retry: { maxAttempts: 3 } })`, {
      agent: inTurn({ ...failure('network', 'down', true), tokens: 100 }, { ...failure('overloaded', 'busy', true), tokens: 100 }, answer('there', 100)),
    });
    expect(run.result).toBe('there');
    expect(of(run, 'agent_retry').map(({ reason, attempt, nextAttempt, maxAttempts }) => [reason, attempt, nextAttempt, maxAttempts])).toEqual([
      ['network', 1, 2, 3],
      ['overloaded', 2, 3, 3],
    ]);
    expect(run.records.at(-1)?.state?.['budget']).toMatchObject({ spent: 300 });
    expect(of(run, 'agent_start').map((event) => event['attempt'])).toEqual([1, 2, 3]);
  });

  it('RETRY-02 RETRY-05 returns at once what is not retryable or not wanted', async () => {
    const auth = await interpreter.run(`return (await agent('x', { maxAttempts: 3 })).error.category`, { agent: () => failure('auth', 'no key') });
    expect([auth.result, auth.requests.length]).toEqual(['auth', 1]);
    const picky = await interpreter.run(`return (await agent('x', { retry: { maxAttempts: 3, retryWhen: ['overloaded'] } })).error.category`, {
      agent: () => failure('network', 'down', true),
    });
    expect([picky.result, picky.requests.length]).toEqual(['network', 1]);
  });

  it('SCH-10 COMPAT-05 a mismatch is retried with its issues, then resolves to schema_mismatch', async () => {
    const run = await interpreter.run(`return await agent('x', { schema: { type: 'object', required: ['a'] }, maxAttempts: 2 })`, { agent: () => mismatch });
    expect(of(run, 'agent_schema_invalid').map((event) => event['retryable'])).toEqual([true, false]);
    expect(of(run, 'agent_retry')).toMatchObject([{ reason: 'schema_mismatch', nextAttempt: 2 }]);
    expect(run.result).toMatchObject({
      ok: false,
      error: { category: 'schema_mismatch', issues: ['$.a is required'] },
      context: { previous_result: { wrong: 1 } },
    });
    expect(run.requests[1]?.retry).toEqual({
      category: 'schema_mismatch',
      message: 'does not match',
      issues: ['$.a is required'],
      previousResult: { wrong: 1 },
    });
  });

  it('SCH-02 a schema that cannot be loaded fails the node without a start or an attempt', async () => {
    const run = await interpreter.run(
      `return [(await agent('x', { schema: 'nowhere.json', maxAttempts: 3 })).error, (await agent('y', { schema: { type: 'nonsense' } })).error.category, (await agent('z', { schema: 5 })).error.category]`,
    );
    expect(run.result).toMatchObject([{ category: 'schema_load_error', retryable: false }, 'schema_load_error', 'schema_load_error']);
    expect(of(run, 'agent_start')).toHaveLength(0);
    expect(of(run, 'agent_done').map((event) => event['ok'])).toEqual([false, false, false]);
  });

  it('SCH-02 so does a schema that refers to itself', async () => {
    const run = await interpreter.run(`const s = { type: 'object' }; s.self = s; return (await agent('x', { schema: s })).error`);
    expect(run.result).toMatchObject({ category: 'schema_load_error', message: expect.stringContaining('cannot be written as JSON') as string });
  });

  it('RETRY-03 an exception while dispatching is retried by the engine as infrastructure', async () => {
    let calls = 0;
    const run = await interpreter.run(`return await agent('x')`, {
      agent: (request) => {
        if (++calls === 1) throw new Error('the worker stumbled');
        return answer(request.prompt);
      },
    });
    expect([run.result, calls]).toEqual(['x', 2]);
    expect(of(run, 'agent_start')).toHaveLength(1);
  });

  it('BUD-06 an exhausted budget ends a node with its last failure instead of another attempt', async () => {
    const run = await interpreter.run(`return (await agent('x', { maxAttempts: 5 })).error.message`, {
      args: { budget: { total: 150 } },
      agent: () => ({ ...failure('network', 'down', true), tokens: 100 }),
    });
    expect([run.result, run.requests.length]).toEqual(['down', 2]);
  });
});
