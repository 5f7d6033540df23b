import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const keys = (run: ScriptRun) => run.events.filter((event) => event.type === 'agent_start').map((event) => String(event['key']));
const key = async (source: string, options = {}) => keys(await interpreter.run(source, options))[0];

describe('node keys', () => {
  it('KEY-01 KEY-02 KEY-04 are the id or the content, numbered when used again', async () => {
    const run = await interpreter.run(`await agent('a'); await agent('a'); await agent('b', { id: 'mine' }); await agent('c', { nodeId: 'mine' })`);
    const [first, second, third, fourth] = keys(run);
    expect(first).toMatch(/^agent:[0-9a-f]{64}$/);
    expect([second, third, fourth]).toEqual([`${first}#2`, 'mine', 'mine#2']);
  });

  it('KEY-04 two ids with one prompt are two nodes, also at the same moment', async () => {
    const run = await interpreter.run(
      `return (await Promise.all([agent('same', { id: 'x' }), agent('same', { id: 'y' }), agent('same'), agent('same')])).length`,
    );
    expect(run.result).toBe(4);
    expect(run.requests).toHaveLength(4);
    expect(new Set(keys(run)).size).toBe(4);
  });

  it('KEY-03 labels, phases, limits, retries and concurrency are no part of it', async () => {
    const plain = await key(`await agent('p')`);
    for (const options of [`{ label: 'L' }`, `{ phase: 'P' }`, `{ timeout: 5 }`, `{ retry: { maxAttempts: 3 } }`, `{ agentType: 'writer' }`])
      expect(await key(`await agent('p', ${options})`)).toBe(plain);
    expect(await key(`await agent('p')`, { options: { concurrency: 3, timeoutMs: 5 } })).toBe(plain);
  });

  it('KEY-03 KEY-06 prompt, model, effort, runtime, permission, isolation, session, schema and backend are', async () => {
    const plain = await key(`await agent('p')`);
    const others = [
      `{ model: 'm' }`,
      `{ effort: 'high' }`,
      `{ runtime: 'codex' }`,
      `{ permission: 'limited' }`,
      `{ isolation: 'worktree' }`,
      `{ session: 's' }`,
      `{ schema: { type: 'object' } }`,
      `{ action: 'x' }`,
      `{ mockTokens: 1 }`,
    ];
    const seen = await Promise.all([
      ...others.map((options) => key(`await agent('p', ${options})`)),
      key(`await agent('q')`),
      key(`await agent('p')`, { options: { backend: 'pandacode' } }),
    ]);
    expect(new Set([plain, ...seen]).size).toBe(seen.length + 1);
  });
});

describe('reuse', () => {
  const first = async () => {
    const run = await interpreter.run(`return [await agent('one', { label: 'first' }), await agent('two', { id: 'id-2' })]`);
    const nodes = Object.fromEntries(
      run.records.flatMap(({ event, state }) =>
        event.type === 'agent_done'
          ? [[String(event['key']), { fingerprint: String(state?.['fingerprint']), value: event['result'] ?? null, tokens: 5, label: String(event['label']) }]]
          : [],
      ),
    );
    return { nodes, checkpoints: { mark: [1] }, spent: 10, approx: false };
  };

  it('AGENT-07 KEY-05 BUD-08 takes finished nodes by key and fingerprint, whatever their order, and spends nothing', async () => {
    const reuse = await first();
    const run = await interpreter.run(
      `const b = await agent('two', { id: 'id-2', label: 'renamed' }); return [b, await agent('one'), budget.spent(), checkpoint.get('mark'), checkpoint.has('other')]`,
      { reuse },
    );
    expect(run.result).toEqual(['two', 'one', 10, [1], false]);
    expect(run.requests).toHaveLength(0);
    expect(run.events.filter((event) => event.type === 'agent_skip').map((event) => event['reason'])).toEqual(['cached', 'cached']);
  });

  it('KEY-05 an edited prompt behind an id runs again; its sibling does not', async () => {
    const reuse = await first();
    const run = await interpreter.run(`return [await agent('one'), await agent('two, edited', { id: 'id-2' })]`, { reuse });
    expect(run.result).toEqual(['one', 'two, edited']);
    expect(run.requests.map((request) => request.prompt)).toEqual(['two, edited']);
  });
});
