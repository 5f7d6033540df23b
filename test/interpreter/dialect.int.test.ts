import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);

describe('determinism', () => {
  const refused: [string, string][] = [
    ['Date.now()', 'Date.now() is not allowed'],
    ['new Date()', 'argless new Date() is not allowed'],
    ['Date()', 'Date() is not allowed'],
    ['Math.random()', 'Math.random() is not allowed'],
    ['new Date(0).constructor.now()', 'Date.now() is not allowed'],
    ['new (Object.getPrototypeOf(new Date(0)).constructor)()', 'argless new Date() is not allowed'],
    ['Object.getPrototypeOf(Date.prototype).constructor.now()', 'is not a function'],
    ['new Intl.DateTimeFormat("en").format()', 'without an explicit date'],
    ['new Intl.DateTimeFormat("en").formatToParts()', 'without an explicit date'],
  ];
  it.each(refused)('DET-02 DET-04 DET-05 %s', async (source, message) => {
    expect((await interpreter.run(source)).error).toContain(message);
  });

  it('DET-03 dates with an argument and the rest of Math work', async () => {
    const run = await interpreter.run(
      `class D extends Date {} return [new Date(0).toISOString(), Date.UTC(2000, 0), Date.parse('2000-01-01'), Math.max(1, 2), Math.PI > 3, new D(5).getTime(), new D(5) instanceof Date, new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format(0)]`,
    );
    expect(run.result).toEqual(['1970-01-01T00:00:00.000Z', 946684800000, 946684800000, 2, true, 5, true, '1/1/1970']);
  });

  it('DET-01 host names are absent', async () => {
    const names =
      'process URL fetch structuredClone setInterval queueMicrotask Buffer TextEncoder cwd globalThis WebAssembly SharedArrayBuffer WeakRef AbortController AsyncLocalStorage assert performance setImmediate Atomics'.split(
        ' ',
      );
    const run = await interpreter.run(`return [${names.map((name) => `typeof ${name}`).join()}]`);
    expect(run.result).toEqual(names.map(() => 'undefined'));
  });

  it('DET-07 timers are durable and keep their order', async () => {
    const run = await interpreter.run(
      `const seen = []; await Promise.all([30, 10, 20].map((ms) => new Promise((r) => setTimeout((x) => { seen.push(x); r() }, ms, ms)))); const id = setTimeout(() => seen.push('no'), 10); clearTimeout(id); await new Promise((r) => setTimeout(r, 40)); return seen`,
    );
    expect(run.result).toEqual([10, 20, 30]);
  });
});

describe('the rest of the dialect', () => {
  it('SCR-01 META-04 function form gets the input, and args and input are the same value', async () => {
    expect((await interpreter.run(`export default async (input) => ({ input, same: args === input })`, { args: { a: 1 } })).result).toEqual({
      input: { a: 1 },
      same: true,
    });
    expect((await interpreter.run(`export function workflow(input) { return input.a }`, { args: { a: 2 } })).result).toBe(2);
  });

  it('META-01 META-02 META-03 reads meta, literal or not; it is an ordinary variable', async () => {
    const run = await interpreter.run(
      `const model = 'made';\nexport const meta = { name: 'x', whenToUse: 'often', phases: [{ title: 'P', model }] };\nawait agent('a', { phase: 'P' }); return meta.name`,
    );
    expect(run.result).toBe('x');
    expect(run.requests[0]?.model).toBe('made');
    const literal = await interpreter.run(`export const meta = { name: 'lit', whenToUse: 'often', phases: [] }`);
    expect(of(literal, 'workflow_start')[0]).toMatchObject({ name: 'lit', whenToUse: 'often', backend: 'mock', resumeFrom: '' });
  });

  it('DIAL-04 a script may declare the dialect’s names itself', async () => {
    expect(
      (await interpreter.run(`const log = 1, parallel = 2; function budget() { return 3 } class console {} return log + parallel + budget()`)).result,
    ).toBe(6);
  });

  it('CTX-03 DET-08 log and console write plain text and compact JSON; console.error goes to stderr', async () => {
    const run = await interpreter.run(
      `log('a', 1, { b: [2] }, new Error('e'), null, undefined); console.info('i'); console.debug('d'); console.warn('w'); console.table([1]); console.error('to', 'stderr')`,
    );
    expect(of(run, 'log').map((event) => event['message'])).toEqual(['a 1 {"b":[2]} e null undefined', 'i', 'd', 'w', '[1]']);
    expect(run.records.find((record) => record.stream === 'stderr')?.event['message']).toBe('to stderr');
  });

  it('CTX-03 a value that cannot be read or written is logged as such, and thrown as such, and ends nothing else', async () => {
    const odd = `const odd = new Proxy({}, { get() { throw new Error('trap') } });`;
    const run = await interpreter.run(`${odd} log(odd, Object.create(null), Symbol('s')); await parallel([() => { throw odd }]); return 1`);
    expect(run.result).toBe(1);
    expect(of(run, 'log')[0]?.['message']).toBe('[value without a string form] {} Symbol(s)');
    expect(of(run, 'parallel_item_error')[0]?.['message']).toBe('a value without a string form was thrown');
  });

  it('CTX-04 CTX-05 odw and pandacode', async () => {
    const run = await interpreter.run(
      `await pandacode.codex('c'); await pandacode.bamboo('b', { provider: 'kimi' }); await pandacode.exec('claude', 'x'); return [odw.backend, typeof odw.runId, odw.statePath.endsWith('state.json'), odw.resumeFrom]`,
    );
    expect(run.result).toEqual(['mock', 'string', true, '']);
    expect(run.requests.map((request) => request.runtime)).toEqual(['codex', 'bamboo', 'claude']);
  });

  it('CHK-01 CHK-02 checkpoints keep copies and can be read back', async () => {
    const run = await interpreter.run(
      `const v = { n: 1 }; checkpoint('c', v); v.n = 2; return [checkpoint.get('c'), checkpoint.get('none', 'fallback'), checkpoint.has('c'), checkpoint.has('none')]`,
    );
    expect(run.result).toEqual([{ n: 1 }, 'fallback', true, false]);
    expect(of(run, 'checkpoint')[0]).not.toHaveProperty('value');
    expect(run.records.find((record) => record.event.type === 'checkpoint')?.state).toEqual({ value: { n: 1 } });
  });

  it('SLOT-01 SLOT-02 prompt slots', async () => {
    const args = { prompts: { own: 'say {{context}}', full: { template: 'in {{input}}', context: { z: 1 } } } };
    const run = await interpreter.run(`return [promptSlot('own', { a: 1 }), promptSlot('own', {}).length, promptSlot('absent', {}, 'idea')]`, { args });
    expect(run.result).toEqual(['say {\n  "a": 1\n}', 6, 'idea']);
    expect(of(run, 'prompt_slot').map(({ source, contextKeys }) => [source, contextKeys])).toEqual([
      ['injected', ['a']],
      ['injected', []],
      ['suggested', []],
    ]);
    const missing = await interpreter.run(`promptSlot('absent', {}, 'idea')`, { args, options: { backend: 'pandacode' } });
    expect(missing.error).toBe('missing prompt slot absent; pass input.prompts.absent');
  });

  it('shows the Web UI how far the run is', async () => {
    const run = await interpreter.run(`phase('P'); await agent('a'); await agent('b', { schema: 5 }); await agent('c')`);
    expect(await interpreter.details(run.runId)).toBe('Phase: P\n\nNodes: 2 done, **1 failed**, 0 running\n\nTokens: at least 0');
  });

  it('CLI-08 a returned ok:false fails the run and keeps the result', async () => {
    const run = await interpreter.run(`return { ok: false, why: 'no' }`);
    expect([run.status, run.result]).toEqual(['failed', { ok: false, why: 'no' }]);
  });

  it('PROC-07 a prompt and a result of several megabytes pass; a result over the maximum is refused by name', async () => {
    const run = await interpreter.run(`const t = 'x'.repeat(3e6); const r = await agent(t); return [r.length, r === t]`);
    expect([run.status, run.error, run.result]).toEqual(['completed', undefined, [3e6, true]]);
    const large = await interpreter.run(`return 'x'.repeat(2000)`, { options: { maxPayloadBytes: 1000 } });
    expect(large.result).toMatchObject({ ok: false, error: { message: expect.stringContaining('the configured maximum is 1000 bytes') as string } });
    const prompt = await interpreter.run(`return (await agent('x'.repeat(2000))).error.message`, { options: { maxPayloadBytes: 1000 } });
    expect(prompt.result).toContain('the configured maximum is 1000 bytes');
  });
});
