import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { OperatorLimits } from '../../schemas/limits.ts';
import { answer, failure, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const logs = (run: ScriptRun) => of(run, 'log').map(({ message }) => message);
const costly: NodeOutcome = { ...answer('done', 10), outputTokens: 4, cost: { usd: 0.5, basis: 'measured' } };
const broken: NodeOutcome = { ...failure('network', 'down', true), tokens: 10, outputTokens: 4, cost: { usd: 0.5, basis: 'measured' } };
const meta = (limits: object) => `export const meta = { name: 'l', limits: ${JSON.stringify(limits)} };`;
const three = `for (const n of [1, 2, 3]) await agent('work ' + n, { phase: 'B', maxAttempts: args?.tries ?? 1 }); return 'end'`;
const stop: OperatorLimits = { onLimit: 'stop' };

/** Counts how many nodes run at once. */
function counting(): { agent: (request: NodeRequest) => Promise<NodeOutcome>; most: (phase: string) => number } {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  return {
    most: (phase) => most.get(phase) ?? 0,
    agent: async ({ phase }) => {
      const count = (now.get(phase) ?? 0) + 1;
      now.set(phase, count);
      most.set(phase, Math.max(count, most.get(phase) ?? 0));
      await sleep(60);
      now.set(phase, (now.get(phase) ?? 1) - 1);
      return answer('done');
    },
  };
}

describe('limits of script, phase, provider and node', () => {
  const each = [
    ['agents', 2, 'LIMIT_AGENTS: 2 of 2 agents used', 2],
    ['tokens', 15, 'LIMIT_TOKENS: 20 of 15 tokens used', 2],
    ['outputTokens', 4, 'LIMIT_OUTPUT_TOKENS: 4 of 4 output tokens used', 1],
    ['money', 1, 'LIMIT_MONEY: 1.00 of 1.00 USD used', 2],
  ] as const;
  const scopes = [
    ['the run', (limits: object) => limits, ''],
    ['a phase', (limits: object) => ({ phases: { B: limits, A: { agents: 0 } } }), ' in phase B'],
    ['a provider', (limits: object) => ({ providers: { claude: limits, codex: { agents: 0 } } }), ' in provider claude'],
  ] as const;
  const table = scopes.flatMap(([where, scope, told]) =>
    each.map(([name, max, message, ran]) => [name, where, scope({ [name]: max }), `${message}${told}`, ran] as const),
  );

  it.each(table)('LIMIT-01 LIMIT-02 %s of %s trips, and the run ends with --on-limit stop', async (_name, _where, limits, message, ran) => {
    const run = await interpreter.run(`${meta(limits)} ${three}`, { options: { limits: stop }, agent: () => costly });
    expect([run.status, run.error, run.requests.length]).toEqual(['failed', message, ran]);
    expect(of(run, 'workflow_error')).toMatchObject([{ message }]);
  });

  it('LIMIT-01 retries trip over all nodes', async () => {
    const run = await interpreter.run(`${meta({ retries: 3 })} ${three}`, { options: { limits: stop }, args: { tries: 3 }, agent: () => broken });
    expect([run.error, run.requests.length]).toEqual(['LIMIT_RETRIES: 3 of 3 retries used', 5]);
  });

  it.each([
    ['tokens', 15, 'LIMIT_TOKENS: 20 of 15 tokens used in node x', 2],
    ['outputTokens', 12, 'LIMIT_OUTPUT_TOKENS: 12 of 12 output tokens used in node x', 3],
    ['money', 0.5, 'LIMIT_MONEY: 0.50 of 0.50 USD used in node x', 1],
    ['retries', 1, 'LIMIT_RETRIES: 1 of 1 retries used in node x', 2],
    ['wallTime', 0, 'LIMIT_WALL_TIME: 0 of 0 seconds used in node x', 0],
  ])('LIMIT-01 a node may have a limit of its own: %s', async (name, max, message, ran) => {
    const script = `await agent('free', { maxAttempts: 2 }); await agent('held', { label: 'x', maxAttempts: 9, limits: { ${name}: ${max} } }); return 'end'`;
    const run = await interpreter.run(script, { options: { limits: stop }, agent: () => broken });
    expect([run.error, run.requests.filter(({ label }) => label === 'x').length, run.requests.length - ran]).toEqual([message, ran, 2]);
  });

  it('LIMIT-01 limits and turns of a node are no part of its identity; the turns go to its executor', async () => {
    const run = await interpreter.run(`await agent('same'); await agent('same', { maxTurns: 4, limits: { tokens: 999 } }); return 1`, {});
    const [plain, limited] = run.requests;
    expect([plain?.maxTurns, limited?.maxTurns, limited?.fingerprint === plain?.fingerprint]).toEqual([undefined, 4, true]);
    expect(of(run, 'agent_start')[1]).toMatchObject({ config: { maxTurns: 4, limits: { tokens: 999 } } });
  });

  it('LIMIT-01 what makes no sense limits nothing, and is told once', async () => {
    const run = await interpreter.run(
      `${meta({ token: 5, phases: { A: { money: '1' } } })} for (const n of [1, 2]) await agent('work ' + n, { limits: { agents: 3 }, maxTurns: 0 }); return 'end'`,
    );
    expect(run.result).toBe('end');
    expect(logs(run)).toEqual([
      'warning: meta.limits has no "token", it limits nothing; did you mean "tokens"?',
      'warning: meta.limits.phases["A"].money expects a number of 0 or more, got "1": it limits nothing',
      'warning: the option limits has no "agents", it limits nothing',
      'warning: the option maxTurns expects a whole number of 1 or more, got 0: it limits nothing',
    ]);
    const computed = await interpreter.run(`const limits = { tokens: 'many' }; export const meta = { name: 'l', limits }; return 1`);
    expect(logs(computed)).toEqual(['warning: meta.limits.tokens expects a number of 0 or more, got "many": it limits nothing']);
  });
});

describe('how many nodes run at once', () => {
  const eight = `await parallel([1, 2, 3, 4].flatMap((n) => ['A', 'B'].map((phase) => () => agent('w' + n, { phase })))); return 'end'`;

  it('LIMIT-01 a phase or provider may be narrower than the run; the others are not held up', async () => {
    const phases = counting();
    const run = await interpreter.run(`${meta({ phases: { B: { concurrency: 1 } } })} ${eight}`, { options: { concurrency: 8 }, agent: phases.agent });
    expect([run.result, run.requests.length, phases.most('B')]).toEqual(['end', 8, 1]);
    expect(phases.most('A')).toBeGreaterThan(1);
    const provider = counting();
    await interpreter.run(`${meta({ providers: { claude: { concurrency: 1 } } })} ${eight}`, { options: { concurrency: 8 }, agent: provider.agent });
    expect([provider.most('A'), provider.most('B')]).toEqual([1, 1]);
  });

  it('LIMIT-01 the lower width of script and flag holds; with --raise that of the flag, when there is one', async () => {
    const widest = async (script: object, concurrency: number, limits?: OperatorLimits) => {
      const counted = counting();
      const source = `${meta(script)} await parallel([1, 2, 3, 4, 5].map((n) => () => agent('w' + n, { phase: 'A' })))`;
      await interpreter.run(source, { options: { concurrency, ...(limits ? { limits } : {}) }, agent: counted.agent });
      return counted.most('A');
    };
    expect(await widest({ concurrency: 1 }, 5)).toBe(1);
    expect(await widest({ concurrency: 5 }, 1)).toBe(1);
    expect(await widest({ concurrency: 1 }, 5, { raise: true })).toBe(1);
    expect(await widest({ concurrency: 1 }, 5, { raise: true, concurrency: 5 })).toBeGreaterThan(1);
  });

  it('LIMIT-01 a computed meta narrows the run too', async () => {
    const counted = counting();
    const source = `const concurrency = 0 + 1; export const meta = { name: 'l', limits: { concurrency } }; await parallel([1, 2, 3].map((n) => () => agent('w' + n, { phase: 'A' })))`;
    await interpreter.run(source, { options: { concurrency: 4 }, agent: counted.agent });
    expect(counted.most('A')).toBe(1);
  });
});

describe('strictness', () => {
  const failing = ({ prompt }: NodeRequest) => (prompt.startsWith('bad') ? failure('agent_failed', 'cannot') : answer('done'));
  const strict: OperatorLimits = { failures: 0 };

  it('RUN-04 LIMIT-01 one failed node ends a strict run: nothing starts any more', async () => {
    const run = await interpreter.run(`await agent('good'); await agent('bad'); await agent('never'); return 'end'`, {
      options: { limits: strict },
      agent: failing,
    });
    expect([run.status, run.error, run.requests.length]).toEqual(['failed', 'LIMIT_FAILURES: 1 node failed, at most 0 may', 2]);
    expect(of(run, 'run_state')).toMatchObject([{ from: 'running', to: 'stopping', reason: 'limit' }]);
  });

  it('RUN-04 what runs ends and counts; a script that comes to its end keeps its result', async () => {
    const both = `const slow = agent('slow'); const bad = (await agent('bad')).ok; return [bad, (await slow).length]`;
    const run = await interpreter.run(both, {
      options: { limits: strict },
      agent: async (request) => {
        if (request.prompt === 'slow') await sleep(600);
        return failing(request);
      },
    });
    expect([run.status, run.error]).toEqual(['failed', 'LIMIT_FAILURES: 1 node failed, at most 0 may']);
    expect(of(run, 'agent_done').map(({ ok }) => ok)).toEqual([false, true]);
    expect(of(run, 'workflow_done')).toMatchObject([{ result: [false, 4] }]);
    expect(of(run, 'workflow_error')).toHaveLength(1);
  });

  it('RUN-04 a script that waits for something else does not keep the run open', async () => {
    const run = await interpreter.run(`await agent('bad'); await new Promise((done) => setTimeout(done, 3_600_000)); return 'end'`, {
      options: { limits: strict },
      agent: failing,
    });
    expect(run.error).toBe('LIMIT_FAILURES: 1 node failed, at most 0 may');
  });

  it('RUN-04 meta.limits.failures allows N, in the run, a phase or a provider; the lower of script and operator counts', async () => {
    const runs = `for (const [n, phase] of [[1, 'A'], [2, 'B'], [3, 'B']]) await agent('bad ' + n, { phase }); return 'end'`;
    const fails = (limits: object, operator?: OperatorLimits) =>
      interpreter.run(`${meta(limits)} ${runs}`, { ...(operator ? { options: { limits: operator } } : {}), agent: failing });
    expect((await fails({ failures: 3 })).result).toBe('end');
    expect((await fails({ failures: 2 })).error).toBe('LIMIT_FAILURES: 3 nodes failed, at most 2 may');
    expect((await fails({ phases: { A: { failures: 1 }, B: { failures: 1 } } })).error).toBe('LIMIT_FAILURES: 2 nodes failed in phase B, at most 1 may');
    expect((await fails({ providers: { claude: { failures: 0 } } })).error).toBe('LIMIT_FAILURES: 1 node failed in provider claude, at most 0 may');
    expect((await fails({ failures: 3 }, { failures: 1 })).error).toBe('LIMIT_FAILURES: 2 nodes failed, at most 1 may');
    expect((await fails({ failures: 1 }, { failures: 3, raise: true })).result).toBe('end');
  });

  it('RUN-04 LIMIT-01 a single node may be one that must not fail', async () => {
    const run = await interpreter.run(
      `await agent('bad'); await agent('bad too', { label: 'key', limits: { failures: 0 } }); await agent('never'); return 'end'`,
      {
        agent: failing,
      },
    );
    expect([run.error, run.requests.length]).toEqual(['LIMIT_FAILURES: 1 node failed in node key, at most 0 may', 2]);
  });

  it('RUN-04 nodes that never start fail too; those that a person stopped do not', async () => {
    const early = await interpreter.run(`await agent('x', { schema: 'nowhere.schema.json' }); return 'end'`, { options: { limits: strict } });
    expect(early.error).toBe('LIMIT_FAILURES: 1 node failed, at most 0 may');
    const stopped = await interpreter.run(`return (await agent('x')).ok`, { options: { limits: strict }, agent: () => failure('cancelled', 'stopped') });
    expect([stopped.status, stopped.result]).toEqual(['completed', false]);
  });

  it('RUN-04 holds in the dialect claude, where a failed node is null', async () => {
    const source = `export const meta = { name: 'c', description: 'c', limits: { failures: 0 } }; return [await agent('bad')]`;
    const run = await interpreter.run(source, { options: { dialect: 'claude' }, agent: failing });
    expect(run.error).toBe('LIMIT_FAILURES: 1 node failed, at most 0 may');
  });

  it('RUN-04 a resumed run begins to count anew: what failed runs again', async () => {
    const usage = { agents: 4, retries: 0, failures: 4, wallTime: 50, heldTime: 20, tokens: 7, outputTokens: 7, unmetered: 0, unsplit: 0 };
    const reuse = { nodes: {}, checkpoints: {}, spent: 7, approx: false, usage: { ...usage, money: { measured: 1, estimated: 0, unpriced: 0 } } };
    const run = await interpreter.run(`await agent('good'); return 'end'`, { options: { limits: strict }, reuse, agent: failing });
    expect(run.result).toBe('end');
    expect(run.records.findLast(({ event }) => event.type === 'agent_done')?.state?.['usage']).toMatchObject({
      agents: 5,
      failures: 0,
      heldTime: 20,
      money: { measured: 1 },
    });
  });
});
