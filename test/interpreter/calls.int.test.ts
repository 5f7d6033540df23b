import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome } from '../../schemas/node.ts';
import { answer, failure, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'odw-calls-')));
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(async () => {
  await interpreter.close();
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const worktree = { base: 'b', changed: false, files: [], diff: '', commits: [] } as unknown as NonNullable<NodeOutcome['worktree']>;

describe('a call, from options to value', () => {
  it('AGENT-03 the agent type is the first of agentType, nodeType and role that is not blank', async () => {
    const run = await interpreter.run(
      `await agent('1', { agentType: 'a', nodeType: 'n', role: 'r' }); await agent('2', { agentType: ' ', nodeType: 'n', role: 'r' }); await agent('3', { role: 'r' }); await agent('4')`,
    );
    expect(of(run, 'agent_start').map((event) => event['agentType'])).toEqual(['a', 'n', 'r', undefined]);
    expect(run.requests.map((request) => request.agentType)).toEqual(['a', 'n', 'r', undefined]);
  });

  it('AGENT-06 looks at the schema, then the cache, then the budget, then the number of nodes', async () => {
    const first = await interpreter.run(`await agent('known')`);
    const [done] = of(first, 'agent_done');
    const fingerprint = String(done?.['key']).slice('agent:'.length);
    const reuse = {
      nodes: { [String(done?.['key'])]: { fingerprint, value: 'from before', tokens: 5, label: 'known' } },
      checkpoints: {},
      spent: 100,
      approx: false,
    };
    const run = await interpreter.run(
      `const unloadable = await agent('x', { schema: 'nowhere.json' });
       const cached = await agent('known');
       let refused; try { await agent('new') } catch (error) { refused = error.message }
       return [unloadable.error.category, cached, refused]`,
      { reuse, options: { budget: 100, maxAgents: 1 } },
    );
    expect(run.result).toEqual(['schema_load_error', 'from before', 'workflow budget exhausted: spent 100 >= total 100 tokens']);
    expect(run.requests).toHaveLength(0);
    // Neither the unloadable node nor the cached one was launched: one is left.
    const cap = await interpreter.run(
      `await agent('x', { schema: 'nowhere.json' }); await agent('known'); await agent('new');
       try { await agent('one too many') } catch (error) { return error.message }`,
      { reuse, options: { maxAgents: 1 } },
    );
    expect(cap.result).toContain('workflow exceeded the 1-agent runaway backstop (');
  });

  it('AGENT-11 an attempt goes from its start over worktree, validation and retry to its end', async () => {
    const mismatch: NodeOutcome = {
      ...failure('schema_mismatch', 'no match', true),
      status: 'mismatch',
      value: 1,
      tokens: 10,
      worktree,
      failure: { category: 'schema_mismatch', message: 'no match', retryable: true, issues: ['$ must be object'] },
    };
    let n = 0;
    const run = await interpreter.run(`return await agent('x', { isolation: 'worktree', schema: { type: 'object' }, maxAttempts: 2 })`, {
      agent: () => (n++ === 0 ? mismatch : { ...answer(''), isText: false, value: { a: 1 }, tokens: 20, worktree }),
    });
    expect(run.events.map((event) => event.type).filter((type) => /^(agent|worktree)/.test(type))).toEqual(
      'agent_start worktree_start worktree_done agent_schema_invalid agent_retry agent_start worktree_start worktree_done agent_done'.split(' '),
    );
    expect(run.result).toEqual({ a: 1, worktree });
    expect(run.records.at(-1)?.state?.['budget']).toMatchObject({ spent: 30 });
    expect(new Set(of(run, 'worktree_start').map((event) => event['dir'])).size).toBe(2);
  });

  it('AGENT-18 every option that an executor knows reaches it', async () => {
    const run = await interpreter.run(
      `await agent('1', { backendRuntime: 'codex', model: 'm', effort: 'high', timeout: 7, permission: 'limited', sessionName: 'mine', label: 'L', gateway: 'kimi' });
       await agent('2', { modelRuntime: 'bamboo', bambooProvider: 'kimi', timeoutMs: 70, session: 's 1', id: 'the id' });
       await agent('3', { runtime: 'acp', acpAgent: 'gemini', autoAnswer: false, nodeId: 'n' });
       await agent('4', { action: 'execute' });`,
      { options: { backend: 'pandacode' } },
    );
    expect(run.requests[0]).toMatchObject({
      runtime: 'codex',
      model: 'm',
      effort: 'high',
      timeoutMs: 7000,
      permission: 'limited',
      session: 'mine',
      label: 'L',
      gateway: 'kimi',
    });
    expect(run.requests[1]).toMatchObject({ runtime: 'bamboo', provider: 'kimi', timeoutMs: 70, session: 's-1', key: 'the id' });
    expect(run.requests[2]).toMatchObject({ runtime: 'acp', acpAgent: 'gemini', autoAnswer: false, key: 'n' });
    expect(run.requests[3]).toMatchObject({ runtime: 'codex', autoAnswer: true });
    expect(of(run, 'log')).toEqual([]);
  });

  it('SCH-01 a schema is an object with its title as name, or a file, relative to the root or absolute', async () => {
    const path = join(folder, 'answer.schema.json');
    writeFileSync(path, '{"type":"object","required":["a"]}');
    const run = await interpreter.run(
      `await agent('1', { schema: { title: 'named', type: 'object' } }); await agent('2', { schema: { type: 'object' } });
       await agent('3', { schema: ${JSON.stringify(path)} }); await agent('4')`,
      { agent: () => ({ ...answer(''), isText: false, value: { a: 1 } }) },
    );
    expect(run.requests.map((request) => request.schema?.name)).toEqual(['named', 'inline schema', path, undefined]);
    expect(run.requests[2]?.schema?.json).toEqual({ type: 'object', required: ['a'] });
    expect(of(run, 'agent_start').map((event) => (event['config'] as { schema?: string }).schema)).toEqual(['named', 'inline schema', path, undefined]);
  });

  it('FAIL-02 the category and the retryable flag of a failure decide, an unknown category is passed on', async () => {
    const source = `return await agent('x', { maxAttempts: 2 })`;
    for (const category of ['codexctl_rate_limit', 'verification_failed', 'never_heard_of']) {
      const again = await interpreter.run(source, { agent: () => failure(category, 'm', true) });
      expect(again.result).toMatchObject({ error: { category, retryable: true }, feedback: { retryable: true } });
      expect(again.requests).toHaveLength(2);
    }
    const once = await interpreter.run(source, { agent: () => failure('codexctl_auth', 'm', false) });
    expect([once.requests.length, once.result]).toEqual([1, expect.objectContaining({ feedback: expect.objectContaining({ retryable: false }) })]);
  });

  it('EXEC-07 generated sessions are unique and safe; one explicit session is used by one node at a time', async () => {
    let inFlight = 0;
    let most = 0;
    const agent = async () => {
      most = Math.max(most, ++inFlight);
      await sleep(60);
      inFlight--;
      return answer('');
    };
    const source = (options: string) => `await Promise.all([1, 2, 3].map((n) => agent('p' + n, ${options})))`;
    const generated = await interpreter.run(source(`{ label: 'Länge / ${'x'.repeat(300)}', maxAttempts: 2 }`), { agent });
    const sessions = generated.requests.map((request) => request.session);
    expect(new Set(sessions).size).toBe(3);
    for (const session of sessions) expect(session).toMatch(/^[A-Za-z0-9_.-]{1,180}$/);
    expect(most).toBeGreaterThan(1);
    most = 0;
    const explicit = await interpreter.run(`await Promise.all(['my session', 'my-session', 'my session'].map((session, n) => agent('p' + n, { session })))`, {
      agent,
    });
    expect(explicit.requests.map((request) => request.session)).toEqual(['my-session', 'my-session', 'my-session']);
    expect(most).toBe(1);
  });
});

describe('groups and children', () => {
  it('PAR-04 PAR-07 object items have no id of their own; a group takes its label from label, else id', async () => {
    const run = await interpreter.run(
      `phase('now');
       await parallel([{ prompt: 'same' }, { prompt: 'other' }]);
       await parallel([{ prompt: 'same' }], { id: 'by-id', phase: 'given' });
       await parallel([{ prompt: 'mine', id: 'own' }], { id: 'by-id', label: 'by-label' });`,
    );
    const keys = of(run, 'agent_start').map((event) => String(event['key']));
    expect(keys.slice(0, 3).every((key) => /^agent:[0-9a-f]{64}(#2)?$/.test(key))).toBe(true);
    expect(keys[2]).toBe(`${keys[0]}#2`);
    expect(keys[3]).toBe('own');
    expect(of(run, 'parallel_start').map(({ label, phase }) => [label, phase])).toEqual([
      ['parallel', 'now'],
      ['by-id', 'given'],
      ['by-label', 'now'],
    ]);
    expect(of(run, 'agent_start').map((event) => event['phase'])).toEqual(['now', 'now', 'given', 'now']);
  });

  it('PAR-06 every max that is no positive number is warned about, and every item still runs', async () => {
    const run = await interpreter.run(
      `const items = [1, 2, 3].map((n) => () => n), sizes = [];
       for (const max of [0, -1, NaN, '2', {}, 0.5, 2.9, Infinity]) sizes.push((await parallel(items, { max })).length);
       await parallel(items, { concurrency: 2 }); return sizes`,
      { options: { concurrency: 8 } },
    );
    expect(run.result).toEqual([3, 3, 3, 3, 3, 3, 3, 3]);
    expect(of(run, 'parallel_start').map((event) => event['max'])).toEqual([3, 3, 3, 3, 3, 1, 2, 3, 2]);
    expect(of(run, 'log').map((event) => /got (.*): ignored/.exec(String(event['message']))?.[1])).toEqual(['0', '-1', 'NaN', '"2"', '[object Object]']);
  });

  it('PIPE-05 items in flight are bounded by the cap', async () => {
    const run = await interpreter.run(
      `let now = 0, most = 0;
       const results = await pipeline([1, 2, 3, 4, 5, 6, 7], async (n) => { most = Math.max(most, ++now); await new Promise((done) => setTimeout(done, 5)); return n }, (n) => { now--; return n === 4 ? { ok: false } : n });
       return { most, results }`,
      { options: { concurrency: 3 } },
    );
    expect(run.result).toEqual({ most: 3, results: [1, 2, 3, { ok: false }, 5, 6, 7] });
    expect(of(run, 'pipeline_start')[0]).toMatchObject({ count: 7, stages: 2, max: 3, label: 'pipeline' });
    expect(of(run, 'pipeline_done')[0]?.['ok']).toBe(false);
  });

  it('SUB-08 a child is read once, and its hash is recorded with each call', async () => {
    const children: Record<string, string> = { child: `return 'first text'` };
    const run = await interpreter.run(`const a = await workflow('child'); await agent('edits the child'); return [a, await workflow('child')]`, {
      children,
      agent: () => {
        children['child'] = `return 'edited text'`;
        return answer('');
      },
    });
    expect(run.result).toEqual(['first text', 'first text']);
    const hashes = of(run, 'workflow_call_start').map((event) => event['sha256']);
    expect(hashes).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), hashes[0]]);
    const late: Record<string, string> = {};
    const found = await interpreter.run(`try { await workflow('late') } catch {} await agent('writes it'); return await workflow('late')`, {
      children: late,
      agent: () => {
        late['late'] = `return 'there now'`;
        return answer('');
      },
    });
    expect(found.result).toBe('there now');
  });
});

describe('budget and pauses', () => {
  it('BUD-02 the total is a positive number of the input, and the flag wins', async () => {
    const total = async (args: unknown, budget: number | null = null) =>
      (await interpreter.run(`return budget.total`, { args: args as never, options: { budget } })).result;
    expect(await total({ budget: { total: 1500 } })).toBe(1500);
    expect(await total({ budget: { total: 1500 } }, 99)).toBe(99);
    for (const bad of [{ budget: { total: 0 } }, { budget: { total: -5 } }, { budget: { total: '1500' } }, { budget: 1500 }, 'text', null])
      expect(await total(bad)).toBeNull();
    const run = await interpreter.run(`await agent('x')`, { agent: () => answer('', 7) });
    expect(run.records.at(-1)?.state?.['budget']).toEqual({ total: null, spent: 7 });
  });

  it('BUD-09 a resumed run with a raised total goes on where the budget stopped it', async () => {
    const reuse = { nodes: {}, checkpoints: {}, spent: 2000, approx: false };
    const source = `await agent('next'); return budget.remaining()`;
    const agent = () => answer('', 100);
    expect((await interpreter.run(source, { reuse, args: { budget: { total: 2000 } }, agent })).error).toContain('budget exhausted');
    expect((await interpreter.run(source, { reuse, args: { budget: { total: 2500 } }, agent })).result).toBe(400);
    expect((await interpreter.run(source, { reuse, args: { budget: { total: 2000 } }, options: { budget: 3000 }, agent })).result).toBe(900);
  });

  it('RETRY-04 a real backend waits longer each time; mock, and the retry after a schema mismatch, never waits', async () => {
    const backoff = (initialMs: number) => `{ maxAttempts: 3, retry: { maxAttempts: 3, backoff: { initialMs: ${initialMs}, factor: 2, jitter: false } } }`;
    const pauses = (run: ScriptRun) => {
      const started = of(run, 'agent_start').map((event) => Date.parse(String(event['ts'])));
      return started.slice(1).map((ms, i) => ms - (started[i] as number));
    };
    const real = await interpreter.run(`await agent('x', ${backoff(120)})`, {
      options: { backend: 'pandacode' },
      agent: () => failure('network', 'down', true),
    });
    const [one = 0, two = 0] = pauses(real);
    expect(one).toBeGreaterThanOrEqual(115);
    expect(two).toBeGreaterThanOrEqual(235);
    const mock = await interpreter.run(`await agent('x', ${backoff(20_000)})`, { agent: () => failure('network', 'down', true) });
    expect(Math.max(...pauses(mock))).toBeLessThan(20_000);
    const mismatch: NodeOutcome = { ...failure('schema_mismatch', 'no', true), status: 'mismatch', value: 1 };
    const schema = await interpreter.run(`await agent('x', { schema: true, ...${backoff(20_000)} })`, {
      options: { backend: 'pandacode' },
      agent: () => mismatch,
    });
    expect(Math.max(...pauses(schema))).toBeLessThan(20_000);
  });
});

describe('reading workflow files', () => {
  it('SUB-01 a reference is a path or a name in the workflow folders', async () => {
    const { findWorkflowFile } = await import('../../temporal/worker/workflow-files.ts');
    const find = (ref: string) => findWorkflowFile(folder, ref).path;
    const put = (path: string) => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), '');
      return join(folder, path);
    };
    const plain = put('.claude/workflows/plain.js');
    const prefixed = put('.claude/workflows/odw-prefixed.js');
    const both = put('.claude/workflows/both.js');
    put('.claude/workflows/odw-both.js');
    const typed = put('.claude/workflows/typed.ts');
    const file = put('flows/file.mjs');
    const top = put('top.js');
    expect([find('plain'), find('prefixed'), find('both'), find('typed')]).toEqual([plain, prefixed, both, typed]);
    expect([find('flows/file.mjs'), find('./top.js'), find('top.js'), find(top), find('top')]).toEqual([file, top, top, top, undefined]);
    expect(findWorkflowFile(folder, 'top').looked.slice(0, 2)).toEqual([
      join(folder, '.claude/workflows/top.js'),
      expect.stringContaining('.claude/workflows'),
    ]);
  });
});
