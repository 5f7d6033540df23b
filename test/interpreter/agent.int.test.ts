import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, failure, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);

describe('agent()', () => {
  it('AGENT-01 AGENT-02 numbers nodes at call time and names them by index', async () => {
    const run = await interpreter.run(`const a = agent('a'), b = agent('b', { label: 'named', phase: 'P' }); return [await b, await a]`);
    expect(run.result).toEqual(['b', 'a']);
    const starts = of(run, 'agent_start').map(({ index, label, phase }) => ({ index, label, phase }));
    expect(starts).toContainEqual({ index: 1, label: 'agent-1', phase: '' });
    expect(starts).toContainEqual({ index: 2, label: 'named', phase: 'P' });
    for (const done of of(run, 'agent_done')) expect(done['label']).toBe(done['index'] === 1 ? 'agent-1' : 'named');
  });

  it('AGENT-04 AGENT-05 EXEC-01 takes model and runtime from node, phase, run, in this order; inherit means unset', async () => {
    const run = await interpreter.run(
      `export const meta = { name: 'models', phases: [{ title: 'P', model: 'phase-model' }] };
       await agent('1', { model: 'own' }); await agent('2', { phase: 'P' }); await agent('3'); await agent('4', { model: 'inherit' });
       await agent('5', { agentType: 'odw-codex-coder' }); await agent('6', { provider: 'kimi' }); await agent('7', { action: 'execute' }); await agent('8', { runtime: 'CODEX' });`,
      { options: { model: 'run-model' } },
    );
    expect(run.requests.map((request) => request.model)).toEqual([
      'own',
      'phase-model',
      'run-model',
      'run-model',
      'run-model',
      'run-model',
      'run-model',
      'run-model',
    ]);
    expect(run.requests.map((request) => request.runtime)).toEqual(['claude', 'claude', 'claude', 'claude', 'codex', 'bamboo', 'codex', 'codex']);
    expect(run.requests.map((request) => request.permission)).toEqual([undefined, undefined, undefined, undefined, 'max', undefined, 'max', 'max']);
  });

  it('EXEC-02 a provider on another runtime fails the node with the message, and is not retried', async () => {
    const run = await interpreter.run(`return await agent('x', { runtime: 'codex', provider: 'kimi', maxAttempts: 3 })`);
    expect(run.result).toMatchObject({
      ok: false,
      error: { category: 'workflow_agent_failed', message: 'provider is only supported for PandaCode Bamboo nodes; got runtime=codex' },
    });
    expect(of(run, 'agent_retry')).toHaveLength(0);
    expect(run.requests).toHaveLength(0);
  });

  it('EXEC-03 a run-wide provider leaves other runtimes alone; only the flag makes nodes bamboo', async () => {
    const source = `await agent('a'); await agent('b', { runtime: 'claude' }); await agent('c', { runtime: 'bamboo' })`;
    const flag = await interpreter.run(source, { options: { provider: 'kimi', providerIsFlag: true } });
    expect(flag.requests.map(({ runtime, provider }) => `${runtime} ${provider}`)).toEqual(['bamboo kimi', 'claude undefined', 'bamboo kimi']);
    const variable = await interpreter.run(source, { options: { provider: 'kimi' } });
    expect(variable.requests.map(({ runtime, provider }) => `${runtime} ${provider}`)).toEqual(['claude undefined', 'claude undefined', 'bamboo kimi']);
  });

  it('EXEC-09 a time limit in ms wins over one in seconds; words and nonsense mean none', async () => {
    const run = await interpreter.run(
      `for (const o of [{}, { timeout: 5 }, { timeoutMs: 70, timeout: 5 }, { timeout: 'none' }, { timeout: -1 }, { timeout: NaN }]) await agent('t' + JSON.stringify(o), o)`,
      {
        options: { timeoutMs: 9000 },
      },
    );
    expect(run.requests.map((request) => request.timeoutMs)).toEqual([9000, 5000, 70, null, null, null]);
  });

  it('AGENT-08 COMPAT-03 an exhausted budget throws with the figures', async () => {
    const run = await interpreter.run(
      `const seen = []; for (let i = 0; i < 3; i++) { seen.push([budget.spent(), budget.remaining()]); await agent('n' + i) } return seen`,
      { args: { budget: { total: 1500 } }, agent: (request) => answer(request.prompt, 1000) },
    );
    expect(run.error).toBe('workflow budget exhausted: spent 2000 >= total 1500 tokens');
    expect(run.requests).toHaveLength(2);
  });

  it('BUD-01 BUD-04 remaining is Infinity without a total; an attempt without usage makes the sum approximate', async () => {
    const run = await interpreter.run(`await agent('a'); return [budget.total, budget.spent(), budget.remaining() === Infinity, budget.approx]`);
    expect(run.result).toEqual([null, 0, true, true]);
  });

  it('AGENT-09 the agent cap throws, names the limit, and says what moves it', async () => {
    const run = await interpreter.run(`for (let i = 0; i < 5; i++) await agent('n' + i)`, { options: { maxAgents: 3 } });
    expect(run.error).toBe('workflow exceeded the 3-agent runaway backstop (--max-agents N moves it, to 5000 at most)');
    expect(run.requests).toHaveLength(3);
  });

  it('AGENT-10 a failed node is a value; misuse rejects', async () => {
    const run = await interpreter.run(
      `const f = await agent('x'); let m; try { await agent('y', null) } catch (e) { m = e.message } return [f.ok, f.error.category, m]`,
      {
        agent: () => failure('pandacode_failed', 'exit 3'),
      },
    );
    expect(run.result).toEqual([false, 'pandacode_failed', 'agent(prompt, options) requires an options object, got null']);
  });

  it('FAIL-01 FAIL-03 every failure has the one shape', async () => {
    const run = await interpreter.run(`phase('P'); return await agent('x', { label: 'L', agentType: 'T', schema: { title: 'S', type: 'object' } })`, {
      agent: () => ({ ...failure('quota', 'used up'), report: { state: 'failed', exit_code: 1 }, tokens: 7, model: 'm-1' }),
    });
    expect(run.result).toMatchObject({
      ok: false,
      state: 'failed',
      exit_code: 1,
      origin: { phase: 'P', agent: 'L', agentType: 'T', backend: 'mock', runtime: 'claude', attempt: 1, schema: 'S' },
      error: { category: 'quota', message: 'used up', retryable: false },
      feedback: { retryable: false, user_message: 'used up' },
      context: { node: { label: 'L', phase: 'P', agentType: 'T' }, attempt: 1, maxAttempts: 1, schema: 'S', previous_result: null },
    });
    expect(of(run, 'agent_done')[0]).toMatchObject({ ok: false, runtime: 'claude', model: 'm-1', tokens: 7 });
  });

  it('AGENT-19 warns once per name about options without effect', async () => {
    const run = await interpreter.run(`await agent('a', { sandbox: 'x', pick: 1 }); await agent('b', { sandbox: 'x' })`);
    const warnings = of(run, 'log').map((event) => event['message']);
    expect(warnings).toEqual([
      'warning: agent() option "sandbox" is not known and has no effect',
      'warning: agent() option "pick" is not known and has no effect',
    ]);
  });

  it('AGENT-20 every caller gets its own copy', async () => {
    const run = await interpreter.run(`const a = await agent('x'); a.n = 2; const b = await agent('x'); return b.n`, {
      agent: () => ({ ...answer(''), isText: false, value: { n: 1 } }),
    });
    expect(run.result).toBe(1);
  });

  it('AGENT-12 AGENT-13 an isolated node returns text and worktree, an object with worktree, or value and worktree', async () => {
    const worktree = { changed: false, files: [], diff: '' };
    const run = await interpreter.run(
      `return [await agent('t', { isolation: 'worktree' }), await agent('o', { isolation: 'worktree', schema: { type: 'object' } }), await agent('l', { isolation: 'worktree', schema: { type: 'array' } })]`,
      { agent: ({ prompt }) => ({ ...answer(prompt), isText: prompt === 't', value: prompt === 't' ? 'text' : prompt === 'o' ? { a: 1 } : [1], worktree }) },
    );
    expect(run.result).toEqual([
      { text: 'text', worktree },
      { a: 1, worktree },
      { value: [1], worktree },
    ]);
    expect(run.requests[0]?.worktree?.dir).toMatch(/trees\/test-.*\/agent-1-1$/);
    expect(of(run, 'worktree_start')).toHaveLength(3);
    expect(of(run, 'worktree_done')[0]).toMatchObject({ changed: false, files: 0 });
  });

  it('WT-01 isolation outside git fails the node with the message, without a retry', async () => {
    const run = await interpreter.run(
      `const r = await agent('t', { isolation: 'worktree', maxAttempts: 2 }); return [r.error.message, r.feedback.next_action]`,
      {
        workspace: { isGit: false, dirty: false },
      },
    );
    expect(run.result).toEqual([
      expect.stringMatching(/^isolation:'worktree' requires .* to be a git repository$/),
      expect.stringMatching(/^Make \S+ a git repository with a first commit .* or leave out isolation: "worktree"/),
    ]);
    expect(run.requests).toHaveLength(0);
  });

  it('CONC-03 one semaphore holds for bare promises, groups and children together', async () => {
    let now = 0;
    let most = 0;
    const run = await interpreter.run(
      `const many = Promise.all(Array.from({ length: 6 }, (_, i) => agent('p' + i)));
       const group = parallel(Array.from({ length: 6 }, (_, i) => async () => parallel([() => agent('g' + i), () => agent('h' + i)])));
       await Promise.all([many, group, pipeline([1, 2, 3], (x) => agent('s' + x)), workflow('child')]); return 'all'`,
      {
        options: { concurrency: 3 },
        children: { child: `await Promise.all([agent('c1'), agent('c2'), agent('c3'), agent('c4')])` },
        agent: async ({ prompt }) => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 15));
          now--;
          return answer(prompt);
        },
      },
    );
    expect(run.result).toBe('all');
    expect(run.requests).toHaveLength(6 + 12 + 3 + 4);
    expect(most).toBe(3);
  });
});
