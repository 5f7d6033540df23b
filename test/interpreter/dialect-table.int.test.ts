import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../schemas/script.ts';
import { answer, Interpreter, type ScriptRun, type ScriptRunOptions } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const head = "export const meta = { name: 't', description: 'A test.', phases: [{ title: 'Known' }] };\n";
const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);

// The rows of the dialect table (docs/spec/features.md section 1) on which both dialects agree.
describe.each<Dialect>(['odw', 'claude'])('in the dialect %s', (dialect) => {
  const run = (body: string, { options, ...rest }: ScriptRunOptions = {}) => interpreter.run(head + body, { ...rest, options: { ...options, dialect } });

  it('DIAL-08 label and phase are for display only, phases never race, and an unlisted title is a group of its own', async () => {
    const [plain, named] = [
      await run("return await agent('same')"),
      await run("phase('Mine'); return await agent('same', { label: 'other', phase: 'Elsewhere' })"),
    ];
    const node = (one: ScriptRun) => of(one, 'agent_done')[0] as { key?: string; label?: string; phase?: string };
    expect(node(named)).toMatchObject({ key: node(plain).key, label: 'other', phase: 'Elsewhere' });
    expect(of(named, 'phase')[0]).toMatchObject({ title: 'Mine' });
    const raced = await run(
      `await parallel(['A', 'B'].map((name) => async () => { phase(name); await agent('first ' + name); await agent('then ' + name); }));
       await agent('after');`,
    );
    const phases = Object.fromEntries(raced.requests.map(({ prompt, phase }) => [prompt, phase]));
    expect(phases).toEqual({ 'first A': 'A', 'then A': 'A', 'first B': 'B', 'then B': 'B', after: '' });
  });

  it('DIAL-16 takes the options of both, and warns of one that nobody knows', async () => {
    const { status, requests, events } = await run("return await agent('x', { id: 'mine', timeout: 5, retry: { maxAttempts: 2 }, bogus: 1 })");
    expect([status, requests[0]?.key, requests[0]?.timeoutMs, requests[0]?.maxAttempts]).toEqual(['completed', 'mine', 5000, 2]);
    const warnings = events.filter(({ type, message }) => type === 'log' && String(message).includes('option "'));
    expect(warnings.map(({ message }) => message)).toEqual(['warning: agent() option "bogus" is not known and has no effect']);
  });

  it('DIAL-22 one width holds for the whole run, bare promises and groups alike', async () => {
    let [now, most] = [0, 0];
    const busy = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 30));
      now--;
      return answer('ok');
    };
    const body = `const bare = [1, 2, 3].map((n) => agent('bare ' + n));
      await Promise.all([...bare, parallel([1, 2, 3].map((n) => () => agent('slot ' + n))), pipeline([1, 2, 3], (n) => agent('item ' + n))]);`;
    const { requests } = await run(body, { agent: busy, options: { concurrency: 3 } });
    expect([requests.length, most]).toEqual([9, 3]);
  });

  it('DIAL-27 phase() and log() return at once, and are told before what comes after them ends', async () => {
    const { result, events } = await run(
      "const p = phase('Known'); const l = log('on the way'); const r = await agent('x'); return [typeof p?.then, typeof l?.then, r]",
      {
        agent: async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return answer('done');
        },
      },
    );
    const told = events.map(({ type }) => type);
    expect(result).toEqual(['undefined', 'undefined', 'done']);
    expect(told.indexOf('log')).toBeGreaterThan(told.indexOf('phase'));
    expect(told.indexOf('log')).toBeLessThan(told.indexOf('agent_start'));
  });

  it('DIAL-29 gives a script no files, no shell, no network and no modules', async () => {
    const names = ['require', 'process', 'fetch', 'Buffer', 'XMLHttpRequest', 'WebSocket', 'Deno', 'Bun', 'module', '__dirname'];
    const { result } = await run(`return [${names.map((name) => `typeof ${name}`).join(', ')}]`);
    expect(result).toEqual(names.map(() => 'undefined'));
    await expect(run("return await import('node:fs')")).rejects.toThrow('import');
  });

  it('DIAL-30 answers from earlier results by content, in whatever order the script asks', async () => {
    const first = await run("return [await agent('one'), await agent('two')]");
    const nodes = Object.fromEntries(
      of(first, 'agent_done').map((event, at) => {
        const { state } = first.records.filter(({ event: { type } }) => type === 'agent_done')[at] as unknown as { state: { fingerprint: string } };
        return [event['key'] as string, { fingerprint: state.fingerprint, value: event['result'] as string, tokens: null, label: '' }];
      }),
    );
    const again = await run("return [await agent('zero'), await agent('two'), await agent('one')]", {
      reuse: { nodes, checkpoints: {}, spent: 0, approx: false, ignored: 0 },
    });
    expect(again.requests.map(({ prompt }) => prompt)).toEqual(['zero']);
    expect((again.result as unknown[]).slice(1)).toEqual([...(first.result as unknown[])].reverse());
  });
});
