import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { answer, failure, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const real = { backend: 'pandacode', concurrency: 4 } as const;
const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const meta = (failover: object) => `export const meta = { name: 'f', failover: ${JSON.stringify(failover)} };\n`;
const usedUp = (inMs = 600_000): NodeOutcome => ({ ...failure('quota', 'no quota'), held: { class: 'quota', account: 'a1', untilMs: Date.now() + inMs } });
/** Claude is used up; whoever else is asked answers. */
const claudeUsedUp = (request: NodeRequest): NodeOutcome => (request.runtime === 'claude' ? usedUp() : answer(`${request.runtime} ${request.prompt}`, 7));
/** What a resume would be offered of a run. */
const reuseOf = (run: ScriptRun): RunInput['reuse'] => ({
  nodes: Object.fromEntries(
    run.records
      .filter(({ event }) => (event.type === 'agent_done' && event['ok'] === true) || event.type === 'agent_skip')
      .map(({ event, state }) => [
        String(event['key']),
        { fingerprint: String(state?.['fingerprint']), value: event['result']!, tokens: 7, label: String(event['label']) },
      ]),
  ),
  checkpoints: {},
  spent: 0,
  approx: false,
});

describe('failover', () => {
  it('QUOTA-07 moves the nodes of a used-up provider, once each, and the journal, key and result say who answered', async () => {
    const run = await interpreter.run(
      `${meta({ claude: ['codex/gpt-x'] })}return await parallel([1, 2, 3, 4, 5, 6].map((i) => () => agent('n' + i, { model: 'opus', effort: 'high' })))`,
      {
        options: { ...real, concurrency: 2 },
        agent: claudeUsedUp,
      },
    );
    expect(run).toMatchObject({ status: 'completed', result: expect.anything() as unknown });
    expect((run.result as string[]).map((text) => text.split(' ')[0])).toEqual(Array.from({ length: 6 }, () => 'codex'));
    // At most those in flight were sent to claude.
    expect(run.requests.filter(({ runtime }) => runtime === 'claude').length).toBeLessThanOrEqual(2);
    const moved = run.requests.filter(({ runtime }) => runtime === 'codex');
    expect(moved).toHaveLength(6);
    for (const request of moved) expect(request).toMatchObject({ model: 'gpt-x', effort: 'high', permission: 'max', service: 'codex', attempt: 1 });
    const hops = of(run, 'agent_failover');
    expect(hops).toHaveLength(6);
    for (const hop of hops) expect(hop).toMatchObject({ from: 'claude', to: 'codex', runtime: 'codex' });
    const done = of(run, 'agent_done');
    for (const event of done) expect(event).toMatchObject({ ok: true, runtime: 'codex', model: 'gpt-x', failover: { from: 'claude', to: 'codex' } });
    // The key is that of a codex node: the same call with codex asked for outright has it too.
    const direct = await interpreter.run(`return await agent('n3', { runtime: 'codex', model: 'gpt-x', effort: 'high' })`, { options: real });
    const key = of(direct, 'agent_done')[0]?.['key'];
    expect(done.find((event) => event['label'] === 'agent-3')?.['key']).toBe(key);
  });

  it('QUOTA-07 the second hop never happens: a node that both refuse waits for the second', async () => {
    let codex = 0;
    const run = await interpreter.run(`${meta({ claude: ['codex', 'deepseek'], codex: ['deepseek', 'claude'] })}return await agent('x')`, {
      options: real,
      agent: (request) => {
        if (request.runtime === 'claude') return usedUp();
        return request.runtime === 'codex' && ++codex === 1 ? usedUp(800) : answer(request.runtime);
      },
    });
    expect([run.status, run.result]).toEqual(['completed', 'codex']);
    expect(run.requests.map(({ runtime }) => runtime)).toEqual(['claude', 'codex', 'codex']);
    expect(of(run, 'agent_failover')).toHaveLength(1);
    // It goes on in the session that it began at codex, and nothing of claude's.
    const [first, second, third] = run.requests;
    expect(second?.session).not.toBe(first?.session);
    expect(third).toMatchObject({ session: second?.session, held: 2, attempt: 1 });
    expect(second?.prompt).toMatch(/cut off[^]*\n\nx$/);
    expect(third?.prompt).toBe('x');
  });

  it('QUOTA-07 without a word of the script nothing moves; neither does a node whose session or action belongs to its provider', async () => {
    let refusals = 3;
    const run = await interpreter.run(
      `${meta({ claude: ['codex'] })}return await parallel([() => agent('a', { session: 's' }), () => agent('b', { action: 'read', runtime: 'claude' }), () => agent('c', { runtime: 'bamboo', provider: 'deepseek' })])`,
      { options: real, agent: (request) => (refusals-- > 0 ? usedUp(700) : answer(request.runtime)) },
    );
    expect(run.result).toEqual(['claude', 'claude', 'bamboo']);
    expect(of(run, 'agent_failover')).toEqual([]);
  });

  it('QUOTA-07 a rate limit and refused credentials move nobody', async () => {
    let refused = false;
    const run = await interpreter.run(`${meta({ claude: ['codex'] })}return await agent('a')`, {
      options: real,
      agent: (request) => {
        if (refused) return answer(request.runtime);
        refused = true;
        return { ...failure('rate_limit', 'slow down'), held: { class: 'rate', untilMs: Date.now() + 500 } };
      },
    });
    expect([run.result, of(run, 'agent_failover')]).toEqual(['claude', []]);
  });

  it('QUOTA-07 KEY-05 a resume takes the results that another provider gave, whoever serves again, and pays for nothing twice', async () => {
    const script = `${meta({ claude: ['codex'] })}return await parallel([() => agent('vote'), () => agent('vote'), () => agent('vote'), () => agent('named', { id: 'mine' })])`;
    const first = await interpreter.run(script, { options: real, agent: claudeUsedUp });
    expect(of(first, 'agent_failover')).toHaveLength(4);
    const second = await interpreter.run(script, { options: real, reuse: reuseOf(first) });
    expect([second.result, second.requests]).toEqual([first.result, []]);
    const skips = of(second, 'agent_skip');
    expect(skips).toHaveLength(4);
    for (const skip of skips) expect(skip).toMatchObject({ runtime: 'codex', failover: { from: 'claude', to: 'codex' } });
    // What the resumed run recorded serves the next resume as well.
    const third = await interpreter.run(script, { options: real, reuse: reuseOf(second) });
    expect([third.result, third.requests]).toEqual([first.result, []]);
    // Without the script's leave the answer of another provider is another node's.
    const strict = await interpreter.run(script.replace(/ failover: \{[^}]*\} /, ' '), { options: real, reuse: reuseOf(first) });
    expect(strict.requests).toHaveLength(4);
  });

  it('QUOTA-07 QUOTA-05 --max-park counts only while somebody waits', async () => {
    const run = await interpreter.run(`${meta({ claude: ['codex'] })}const one = await agent('a'); return [one, await agent('b', { runtime: 'codex' })]`, {
      options: { ...real, maxParkMs: 600 },
      agent: async (request) => {
        if (request.runtime === 'claude') return usedUp();
        await new Promise((resolve) => setTimeout(resolve, 900));
        return answer('codex');
      },
    });
    expect([run.status, run.result]).toEqual(['completed', ['codex', 'codex']]);
  });

  it('QUOTA-07 a child goes by the script that called it; meta may be computed', async () => {
    const run = await interpreter.run(
      `export const meta = { name: 'f', failover: Object.fromEntries([['claude', ['acp:gemini']]]) };\nreturn [await agent('a'), await workflow('c')]`,
      {
        options: real,
        agent: (request) => (request.runtime === 'claude' ? usedUp() : answer(String(request.acpAgent))),
        children: { c: `return await agent('of child')` },
      },
    );
    expect(run.result).toEqual(['gemini', 'gemini']);
  });
});
