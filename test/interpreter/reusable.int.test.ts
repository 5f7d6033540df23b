import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunInput } from '../../schemas/run-input.ts';
import { packReuse } from '../../cli/exec/pack-reuse.ts';
import { Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

type Reuse = NonNullable<RunInput['reuse']>;
const made = (run: ScriptRun) =>
  run.records.flatMap(({ event, state }) =>
    event.type === 'agent_done' && event['ok'] === true
      ? [
          {
            key: String(event['key']),
            fingerprint: String(state?.['fingerprint']),
            value: event['result'] ?? null,
            tokens: 5,
            label: String(event['label']),
            phase: String(event['phase']),
          },
        ]
      : [],
  );
const reuseOf = (run: ScriptRun, more: Partial<Reuse> = {}): Reuse => ({
  nodes: Object.fromEntries(made(run).map(({ key, ...node }) => [key, node])),
  checkpoints: {},
  spent: 0,
  approx: false,
  ...more,
});
const prompts = (run: ScriptRun) => run.requests.map(({ prompt }) => prompt);

describe('results of earlier runs', () => {
  it('KEY-05 an edit that is taken back finds the result of before it', async () => {
    const first = await interpreter.run(`return agent('text', { id: 'x' })`);
    const second = await interpreter.run(`return agent('edited', { id: 'x' })`, { reuse: reuseOf(first) });
    expect(prompts(second)).toEqual(['edited']);
    const third = await interpreter.run(`return agent('text', { id: 'x' })`, { reuse: reuseOf(second, { older: made(first) }) });
    expect([third.result, prompts(third)]).toEqual(['text', []]);
  });

  it('KEY-05 EXPL-03 an id that is used many times may be used once more, anywhere', async () => {
    const loop = (names: string[]) => `for (const name of ${JSON.stringify(names)}) await agent(name, { id: 'turn' }); return 1`;
    const first = await interpreter.run(loop(['a', 'b', 'c']));
    expect(prompts(await interpreter.run(loop(['new', 'a', 'b', 'c']), { reuse: reuseOf(first) }))).toEqual(['new']);
    expect(prompts(await interpreter.run(loop(['c', 'a']), { reuse: reuseOf(first) }))).toEqual([]);
  });

  it('KEY-04 each result is taken once; another id never takes it', async () => {
    const first = await interpreter.run(`return [await agent('s'), await agent('s', { id: 'x' })]`);
    const reuse = reuseOf(first, { older: made(first) });
    expect(prompts(await interpreter.run(`return [await agent('s'), await agent('s', { id: 'x' })]`, { reuse }))).toEqual([]);
    expect(prompts(await interpreter.run(`return agent('s', { id: 'y' })`, { reuse }))).toEqual(['s']);
    expect(prompts(await interpreter.run(`await agent('s'); await agent('s'); await agent('s')`, { reuse: reuseOf(first) }))).toEqual(['s', 's']);
  });

  it('RES-04 PROC-07 equal large results share a blob, which is fetched once: every node gets its own', async () => {
    const script = `return await Promise.all(Array.from({ length: 6 }, (_, n) => agent('node ' + n)))`;
    const large = 'the same words '.repeat(100_000);
    // One after another, so that they end in their order.
    const first = await interpreter.run(`for (let n = 0; n < 6; n++) await agent('node ' + n)`);
    const nodes = made(first).map((node, n) => [node.key, { ...node, value: n % 2 === 0 ? large : n }] as const);
    const packed = await packReuse('test-equal', reuseOf(first, { nodes: Object.fromEntries(nodes) }));
    const blobs = new Set(Object.values(packed.nodes).map(({ held }) => held!.sha256));
    // One for the three large ones, and those of the small ones between them.
    expect(blobs.size).toBe(4);

    const before = interpreter.fetched.length;
    const second = await interpreter.run(script, { reuse: packed });
    expect(prompts(second)).toEqual([]);
    expect(second.result).toEqual([large, 1, large, 3, large, 5]);
    expect(interpreter.fetched.slice(before).sort()).toEqual([...blobs].sort());
  });

  it('EXPL-01 nodes that are asked to run again do, by key, label or phase', async () => {
    const script = `phase('A'); await agent('a', { label: 'one' }); await agent('b', { id: 'two' }); phase('B'); await agent('c'); return 1`;
    const first = await interpreter.run(script);
    const again = (asked: Partial<NonNullable<Reuse['again']>>) =>
      interpreter.run(script, { reuse: reuseOf(first, { again: { keys: [], labels: [], phases: [], ...asked } }) });
    expect(prompts(await again({ labels: ['one'] }))).toEqual(['a']);
    expect(prompts(await again({ keys: ['two'] }))).toEqual(['b']);
    expect(prompts(await again({ phases: ['B'] }))).toEqual(['c']);
    expect(prompts(await again({}))).toEqual([]);
  });
});
