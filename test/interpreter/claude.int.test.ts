import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome } from '../../schemas/node.ts';
import { answer, failure, Interpreter, type ScriptRun, type ScriptRunOptions } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const head = "export const meta = { name: 'c', description: 'A test.', dialect: 'claude', phases: [{ title: 'Look', model: 'opus' }] };\n";
const claude = (body: string, options: ScriptRunOptions = {}) => interpreter.run(head + body, options);
const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const broken = () => failure('worker_failed', 'it broke');
const mismatch = (value: string): NodeOutcome => ({
  ...answer(value),
  status: 'mismatch',
  failure: { category: 'schema_mismatch', message: 'the reply does not match', retryable: true, issues: ['$.a is required'] },
});
const withSchema = "agent('x', { schema: { type: 'object', required: ['a'] } })";

describe('failed nodes', () => {
  it('DIAL-01 DIAL-17 one script: null in the dialect claude, a failure value in odw', async () => {
    const body = "return await agent('x')";
    expect(await claude(body, { agent: broken })).toMatchObject({ status: 'completed', result: null });
    const odw = await interpreter.run(head + body, { agent: broken, options: { dialect: 'odw' } });
    expect(odw).toMatchObject({ status: 'failed', result: { ok: false, error: { category: 'worker_failed' } } });
    const forced = await interpreter.run(head.replace(", dialect: 'claude'", '') + body, { agent: broken, options: { dialect: 'claude' } });
    expect(forced).toMatchObject({ status: 'completed', result: null });
  });

  it('DIAL-03 odw.failures() has the cause in both dialects, as copies', async () => {
    const body = `const slots = await parallel([() => agent('a'), { prompt: 'b' }]);
      const seen = odw.failures(); seen[0].error.category = 'changed';
      return { slots, causes: odw.failures().map((one) => one.error.category) }`;
    const run = await claude(body, { agent: broken });
    expect(run.result).toEqual({ slots: [null, null], causes: ['worker_failed', 'worker_failed'] });
    expect(of(run, 'parallel_done')[0]).toMatchObject({ ok: false });
    expect(of(run, 'agent_done')[0]).toMatchObject({ ok: false, result: { error: { category: 'worker_failed' } } });
    const odw = await interpreter.run(body, { agent: broken });
    expect(odw.result).toMatchObject({ slots: [{ ok: false }, { ok: false }], causes: ['worker_failed', 'worker_failed'] });
  });

  it('DIAL-19 DIAL-20 groups: a failed slot is null, parallel([]) is [], a null goes on through a pipeline', async () => {
    const run = await claude("return [await parallel([]), await pipeline([1, 2], (n) => agent('n' + n), (found, n) => [found, n])]", {
      agent: (request) => (request.prompt === 'n1' ? broken() : answer('fine')),
    });
    expect(run.result).toEqual([
      [],
      [
        [null, 1],
        ['fine', 2],
      ],
    ]);
  });
});

describe('schemas', () => {
  it('DIAL-11 DIAL-18 five tries, then a throw with the last failure', async () => {
    let replies = 0;
    const run = await claude(`return await ${withSchema}`, { agent: () => mismatch(`reply ${++replies}`) });
    expect(run).toMatchObject({ status: 'failed', error: expect.stringMatching(/schema_mismatch: .*\$\.a is required/) as string });
    expect(run.requests.map((request) => request.attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(of(run, 'agent_done')).toMatchObject([{ ok: false, result: { context: { previous_result: 'reply 5' } } }]);
  });

  it('DIAL-11 a number of attempts that the node names holds; other failures are not tried five times', async () => {
    let n = 0;
    const two = await claude("return await agent('x', { schema: { type: 'object' }, retry: { maxAttempts: 2 } })", { agent: () => mismatch(`r${++n}`) });
    expect(two.requests).toHaveLength(2);
    const other = await claude(`return await ${withSchema}`, { agent: () => failure('rate_limited', 'later', true) });
    expect(other).toMatchObject({ status: 'completed', result: null });
    expect(other.requests).toHaveLength(1);
  });

  it('DIAL-11 three identical invalid replies in a row end it early, in both dialects', async () => {
    const run = await claude(`return await ${withSchema}`, { agent: () => mismatch('same') });
    expect(run.requests).toHaveLength(3);
    expect(of(run, 'agent_schema_invalid').map((event) => event['retryable'])).toEqual([true, true, false]);
    let n = 0;
    const options = "{ schema: { type: 'object' }, retry: { maxAttempts: 6 } }";
    const odw = await interpreter.run(`return (await agent('x', ${options})).error.category`, { agent: () => mismatch(['a', 'a', 'b', 'b', 'b', 'c'][n++]!) });
    expect(odw.result).toBe('schema_mismatch');
    expect(odw.requests).toHaveLength(5);
  });

  it('DIAL-18 a contradictory schema throws before anything is dispatched; inside a group the throw is null', async () => {
    const bad = "agent('x', { schema: { type: 'string', minLength: 2, maxLength: 1 } })";
    const run = await claude(`return await ${bad}`);
    expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('schema_load_error') as string, requests: [] });
    expect((await claude(`return await parallel([() => ${bad}, () => agent('y')])`)).result).toEqual([null, 'y']);
  });
});

describe('options', () => {
  it('DIAL-09 a phase names no model; the model of the run holds', async () => {
    const run = await claude("phase('Look'); await agent('x'); await agent('y', { model: 'haiku' })", { options: { model: 'sonnet' } });
    expect(run.requests.map((request) => request.model)).toEqual(['sonnet', 'haiku']);
    const odw = await interpreter.run(head + "phase('Look'); await agent('x')", { options: { model: 'sonnet', dialect: 'odw' } });
    expect(odw.requests[0]!.model).toBe('opus');
  });

  it('DIAL-13 an unknown effort is refused before a node exists; the others are passed on', async () => {
    const run = await claude("return await agent('x', { effort: args.effort })", { args: { effort: 'extreme' } });
    expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('EFFORT_UNKNOWN') as string, requests: [] });
    expect((await claude("await agent('x', { effort: 'xhigh' }); await agent('y')")).requests.map((request) => request.effort)).toEqual(['xhigh', 'low']);
  });

  it('DIAL-15 DIAL-12 an agent type is a definition: text before the prompt, its model as default, no runtime by its name', async () => {
    const agentTypes = { 'codex-reader': { ok: true as const, text: 'You read.', model: 'haiku' } };
    const run = await claude(
      "await agent('Read.', { agentType: 'codex-reader' }); await agent('Read.', { agentType: 'codex-reader', model: 'opus' }); await agent('Go.', { agentType: 'general-purpose' })",
      { agentTypes, options: { model: 'sonnet' } },
    );
    expect(run.requests.map(({ prompt, model, runtime, agentType }) => ({ prompt, model, runtime, agentType }))).toEqual([
      { prompt: 'You read.\n\nRead.', model: 'haiku', runtime: 'claude', agentType: 'codex-reader' },
      { prompt: 'You read.\n\nRead.', model: 'opus', runtime: 'claude', agentType: 'codex-reader' },
      { prompt: 'Go.', model: 'sonnet', runtime: 'claude', agentType: 'general-purpose' },
    ]);
  });

  it('DIAL-15 an unknown agent type fails the node without a dispatch; in odw it is a label', async () => {
    const body = "const r = await agent('x', { agentType: 'ghost' }); return [r, odw.failures().map((one) => one.error.message)]";
    const run = await claude(body);
    expect(run).toMatchObject({ result: [null, [expect.stringContaining('AGENT_TYPE_UNKNOWN')]], requests: [] });
    expect((await interpreter.run(body)).result).toEqual(['x', []]);
  });
});

describe('input, budget, children', () => {
  it('DIAL-25 args is undefined when omitted, and null when null was given', async () => {
    const body = 'return [typeof args, args === input, args === null]';
    expect((await claude(body)).result).toEqual(['undefined', true, false]);
    expect((await claude(body, { args: null })).result).toEqual(['object', true, true]);
    expect((await interpreter.run(body)).result).toEqual(['object', true, true]);
  });

  it('DIAL-24 the budget counts output tokens; without a split all of them, and says so', async () => {
    const body = "await agent('a'); const one = [budget.spent(), budget.approx]; await agent('b'); return [one, budget.spent(), budget.approx]";
    const agent: ScriptRunOptions['agent'] = ({ prompt }) => ({ ...answer('x', 100), ...(prompt === 'a' ? { outputTokens: 20 } : {}) });
    expect((await claude(body, { agent })).result).toEqual([[20, false], 120, true]);
    expect((await interpreter.run(body, { agent })).result).toEqual([[100, false], 200, false]);
    const over = await claude("await agent('a'); await agent('a2')", { agent: () => ({ ...answer('x', 100), outputTokens: 20 }), options: { budget: 20 } });
    expect(over).toMatchObject({ status: 'failed', error: 'workflow budget exhausted: spent 20 >= total 20 tokens' });
  });

  it('DIAL-01 a child has its own dialect, else that of its parent', async () => {
    const children = {
      plain: "export const meta = { name: 'p', description: 'x' };\nreturn [typeof args, await agent('x')]",
      named: "export const meta = { name: 'n', dialect: 'odw' };\nreturn [typeof args, (await agent('x')).ok]",
    };
    const body = "return [await workflow('plain'), await workflow('named'), await workflow({ scriptPath: 'plain' }, null)]";
    expect((await claude(body, { children, agent: broken })).result).toEqual([
      ['undefined', null],
      ['object', false],
      ['object', null],
    ]);
    const odw = await interpreter.run("return await workflow('plain')", { children, agent: broken });
    expect(odw.result).toMatchObject(['object', { ok: false }]);
  });

  it('DIAL-26 an unknown name throws; a child of the dialect claude must have its form', async () => {
    expect((await claude("return await workflow('gone')")).error).toContain('not found');
    expect((await claude("return await workflow('bad')", { children: { bad: 'return 1' } })).error).toContain('META_NOT_FIRST');
    expect((await interpreter.run("return await workflow('bad')", { children: { bad: 'return 1' } })).result).toBe(1);
  });

  it('DIAL-21 4,097 items start nothing', async () => {
    const run = await claude("return await parallel(Array.from({ length: 4097 }, (_, i) => () => agent('n' + i)))");
    expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('FANOUT_TOO_LARGE') as string, requests: [] });
  });

  it('DIAL-04 names of the dialect may be declared by the script itself', async () => {
    expect((await claude('const check = 1; function std() { return 2 } const fanout = 3; return [check, std(), fanout]')).result).toEqual([1, 2, 3]);
  });

  it('DIAL-23 DIAL-28 the agent cap throws, and so does the clock', async () => {
    expect((await claude("await agent('a'); await agent('b')", { options: { maxAgents: 1 } })).error).toContain('1-agent runaway backstop');
    expect((await claude('return Date.now()')).error).toContain('Date.now() is not allowed');
  });
});
