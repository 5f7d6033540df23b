import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, answer, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const thrown = async (source: string) => (await interpreter.run(`try { ${source} } catch (e) { return e.message }`)).result;

describe('parallel and fanout', () => {
  it('PAR-01 PAR-09 PIPE-04 refuse what is no list or no function', async () => {
    expect(await thrown(`await parallel(1)`)).toBe('parallel(thunks) requires an array');
    expect(await thrown(`await fanout(1)`)).toBe('fanout(items, mapper) requires an item array');
    expect(await thrown(`await fanout([], 1)`)).toBe('fanout mapper must be a function');
    expect(await thrown(`await pipeline(1)`)).toBe('pipeline(items, ...stages) requires an item array');
    expect(await thrown(`await pipeline([], 1)`)).toBe('pipeline stages must be functions');
  });

  it('PAR-02 PAR-03 PAR-05 PAR-08 keep the order; objects are nodes; a throw is null', async () => {
    const run = await interpreter.run(
      `phase('G'); return await parallel([(i) => agent('f' + i), { prompt: 'object' }, { input: 'other', label: 'own' }, () => { throw new Error('bad item') }, 7], { label: 'mix' })`,
    );
    expect(run.result).toEqual(['f0', 'object', 'other', null, null]);
    expect(
      of(run, 'agent_start')
        .map((event) => event['label'])
        .sort(),
    ).toEqual(['agent-1', 'own', 'parallel-2']);
    expect(of(run, 'parallel_item_error')).toMatchObject([{ label: 'mix', phase: 'G', index: 3, message: 'bad item' }, { index: 4 }]);
    expect(of(run, 'parallel_start')[0]).toMatchObject({ label: 'mix', phase: 'G', count: 5, max: 5 });
    expect(of(run, 'parallel_done')[0]?.['ok']).toBe(false);
  });

  it('PAR-06 max lowers the cap, never raises it; nonsense is warned about and ignored', async () => {
    const run = await interpreter.run(
      `await parallel([() => 1, () => 1, () => 1], { max: 2 }); await parallel([() => 1, () => 1, () => 1], { max: 99 }); await parallel([() => 1], { max: 'two' }); await parallel([])`,
      {
        options: { concurrency: 2 },
      },
    );
    expect(of(run, 'parallel_start').map((event) => event['max'])).toEqual([2, 2, 1, 0]);
    expect(of(run, 'log')[0]?.['message']).toMatch(/option max must be a positive number, got "two"/);
  });

  it('PAR-08 SCH-12 data that passed its schema is no failure, whatever it says; a failed node is', async () => {
    const data = await interpreter.run(`return await parallel([() => agent('x', { schema: { type: 'object' } })])`, {
      agent: () => ({ ...answer(''), isText: false, value: { ok: false } }),
    });
    expect(data.result).toEqual([{ ok: false }]);
    expect(of(data, 'parallel_done')[0]?.['ok']).toBe(true);
    const failed = await interpreter.run(`return (await parallel([() => agent('x')]))[0].ok`, { agent: () => failure('quota', 'no') });
    expect(failed.result).toBe(false);
    expect(of(failed, 'parallel_done')[0]?.['ok']).toBe(false);
  });

  it('PAR-09 fanout maps items', async () => {
    const run = await interpreter.run(`return await fanout(['a', 'b'], (item, i) => agent(item + i))`);
    expect(run.result).toEqual(['a0', 'b1']);
    expect(of(run, 'parallel_start')[0]?.['label']).toBe('fanout');
  });

  it('DIAL-21 refuses 4,097 items before any starts', async () => {
    expect(await thrown(`await parallel(Array.from({ length: 4097 }, () => () => agent('x')))`)).toMatch(/^FANOUT_TOO_LARGE/);
  });
});

describe('pipeline', () => {
  it('PIPE-01 PIPE-02 PIPE-03 COMPAT-06 moves each item by itself; a throw ends its item, null does not', async () => {
    const run = await interpreter.run(
      `return await pipeline([1, 2, 3], (prev, item, i) => { if (item === 2) throw new Error('two'); return prev === item && i === item - 1 ? null : 'wrong' }, (prev, item) => (prev === null ? item * 10 : 'wrong'))`,
    );
    expect(run.result).toEqual([10, null, 30]);
    expect(of(run, 'pipeline_item_error')).toMatchObject([{ index: 1, message: 'two', stage: 0 }]);
    expect(of(run, 'pipeline_done')[0]).toMatchObject({ ok: false, count: 3, stages: 2, label: 'pipeline' });
  });

  it('EVT-05 events say group, item and stage', async () => {
    const run = await interpreter.run(`await pipeline(['a'], (x) => agent(x), (x) => parallel([() => agent(x + '2')]))`);
    const [first, second] = of(run, 'agent_start');
    expect(first).toMatchObject({ group: 'g1', item: 0, stage: 0 });
    expect(second).toMatchObject({ group: 'g2', item: 0 });
    expect(second).not.toHaveProperty('stage');
    expect(of(run, 'parallel_start')[0]).toMatchObject({ id: 'g2', group: 'g1', item: 0, stage: 1 });
  });
});

describe('phases', () => {
  it('CTX-01 CTX-02 belong to the scope: items never mislabel each other', async () => {
    const run = await interpreter.run(
      `phase('Outer', 'why');
       await parallel(['A', 'B', 'C'].map((name) => async () => { phase(name); await agent('1' + name); await agent('2' + name) }));
       await agent('after')`,
    );
    for (const start of of(run, 'agent_start'))
      expect(start['phase']).toBe(String(start['promptPreview']) === 'after' ? 'Outer' : String(start['promptPreview']).slice(-1));
    expect(of(run, 'phase')[0]).toMatchObject({ title: 'Outer', detail: 'why' });
  });
});

describe('workflow()', () => {
  const children = {
    child: `export const meta = { name: 'kid', phases: [{ title: 'K', model: 'kid-model' }] };\nphase('K'); return [await agent('from child'), args.x, promptSlot('s', {}, '{{input}}')]`,
    nested: `return await workflow('child')`,
    broken: `throw new Error('child broke')`,
  };

  it('SUB-03 SUB-05 SUB-06 SUB-07 runs a child with its own args and phase models, and restores the phase', async () => {
    const run = await interpreter.run(`phase('Top'); const r = await workflow('child', { x: 5 }); await agent('after'); return r`, { children });
    expect(run.result).toEqual(['from child', 5, JSON.stringify({ x: 5 }, null, 2)]);
    expect(run.requests.map(({ phase, model }) => `${phase} ${model}`)).toEqual(['K kid-model', 'Top undefined']);
    expect(of(run, 'workflow_call_start')[0]).toMatchObject({ name: 'kid', path: '/project/child.js' });
    expect(of(run, 'workflow_call_done')[0]?.['ok']).toBe(true);
  });

  it('SUB-02 SUB-04 knows no second level and no missing workflow; siblings run at once', async () => {
    const run = await interpreter.run(
      `const message = async (p) => { try { return await p } catch (e) { return e.message } };
       return [await message(workflow('nested')), await message(workflow('nowhere')), await message(workflow('')), (await Promise.all([workflow('child', { x: 1 }), workflow('child', { x: 2 })])).map((r) => r[1])]`,
      { children },
    );
    expect(run.result).toEqual([
      'nested workflow() is 1-level only; a sub-workflow may not call workflow()',
      'workflow "nowhere" not found (looked in: the test)',
      'workflow(nameOrRef) requires a workflow name or path',
      [1, 2],
    ]);
  });

  it('SUB-05 a child error reaches the caller, and its end is recorded', async () => {
    const run = await interpreter.run(`await workflow('broken')`, { children });
    expect(run.error).toBe('child broke');
    expect(of(run, 'workflow_call_done')[0]?.['ok']).toBe(false);
    expect(String(of(run, 'workflow_error')[0]?.['message'])).toContain('/project/broken.js:1:');
  });
});
