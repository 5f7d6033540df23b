import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Interpreter } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

// Rows of docs/sandbox.md: how a run ends that would otherwise stall, end its host, or be retried for ever.
const endings: { name: string; source: string; error: RegExp }[] = [
  { name: 'a thrown error', source: `throw new Error('plain')`, error: /^plain$/ },
  { name: 'a thrown error of the language', source: `null.x`, error: /Cannot read properties of null/ },
  { name: 'a thrown string', source: `throw 'just text'`, error: /^just text$/ },
  { name: 'a thrown object without a string form', source: `throw Object.create(null)`, error: /without a string form/ },
  { name: 'endless recursion', source: `const f = (n) => f(n + 1) + 1; f(0)`, error: /Maximum call stack|ran too long/ },
  { name: 'endless async recursion', source: `const f = async (n) => { await null; return f(n + 1); }; await f(0)`, error: /ran too long|Maximum call stack/ },
  { name: 'endless recursion through promises', source: `const f = () => Promise.resolve().then(f); await f()`, error: /ran too long/ },
  { name: 'for(;;){}', source: `for (;;) {}`, error: /ran too long/ },
  { name: 'for(;;); without a body', source: `for (;;);`, error: /ran too long/ },
  { name: 'while (true) await null', source: `while (true) await null`, error: /ran too long/ },
  { name: 'an endless loop after a node', source: `await agent('a'); for (;;) {}`, error: /ran too long/ },
  { name: 'an endless loop of awaits after a timer', source: `await new Promise((r) => setTimeout(r, 20)); for (;;) await null`, error: /ran too long/ },
  { name: 'an endless loop in a timer callback', source: `await new Promise(() => setTimeout(() => { for (;;) {} }, 5))`, error: /ran too long/ },
  { name: 'an error in a timer callback', source: `await new Promise(() => setTimeout(() => { throw new Error('late') }, 5))`, error: /late/ },
  { name: 'an endless loop that swallows every error', source: `while (true) { try { for (;;) {} } catch {} }`, error: /ran too long/ },
  {
    name: 'an endless loop in a catch, over and over',
    source: `const f = () => { try { for (;;) {} } catch { f() } finally { f() } }; f()`,
    error: /ran too long/,
  },
  { name: 'an endless generator', source: `function* g() { while (true) yield 1 } return [...g()]`, error: /ran too long|Invalid array length/ },
  { name: 'an endless getter', source: `const o = { get x() { return this.x } }; o.x`, error: /Maximum call stack|ran too long/ },
];

describe('a script that throws or never yields ends its run with the cause', () => {
  it.each(endings)('SCR-09 $name', async ({ source, error }) => {
    const run = await interpreter.run(source);
    expect(run.status).toBe('failed');
    expect(run.error).toMatch(error);
    expect(run.events.at(-1)?.type).toBe('workflow_error');
  });

  it('names file, line and column of a throw', async () => {
    const run = await interpreter.run(`const a = 1;\nfor (const x of [1]) { if (x) throw new Error('here'); }`, { fileName: 'audit.js' });
    expect(run.events.at(-1)?.['message']).toMatch(/^Error: here\n.*\/project\/audit\.js:2:/s);
    expect(run.events.at(-1)?.['message']).toContain('audit.js:2:37');
  });
});

const values: { name: string; source: string }[] = [
  { name: 'a BigInt', source: `return 1n` },
  { name: 'a cycle', source: `const a = {}; a.a = a; return a` },
  { name: 'a throwing toJSON', source: `return { toJSON() { throw new Error('no') } }` },
];

describe('a return value that JSON cannot hold', () => {
  it.each(values)('RET-02 $name is replaced by a failure, exit 1', async ({ source }) => {
    const run = await interpreter.run(source);
    expect(run.status).toBe('failed');
    expect(run.events.at(-1)?.type).toBe('workflow_done');
    expect(run.result).toMatchObject({ ok: false, error: { category: 'result_not_serializable' } });
  });

  it('RET-01 a function or undefined is no result', async () => {
    for (const source of ['return () => 1', 'return undefined', '1 + 1']) {
      const run = await interpreter.run(source);
      expect(run.status).toBe('completed');
      expect(run.result).toBeUndefined();
      expect(run.events.at(-1)).not.toHaveProperty('result');
    }
  });
});

const floating: { name: string; source: string; reason: RegExp }[] = [
  {
    name: 'a rejected promise',
    source: `Promise.reject(new Error('afloat')); await new Promise((r) => setTimeout(r, 300)); return 1`,
    reason: /nobody awaited it.*afloat/,
  },
  {
    name: 'a rejected promise without a string form',
    source: `Promise.reject(Object.create(null)); await new Promise((r) => setTimeout(r, 300)); return 1`,
    reason: /nobody awaited it|no progress/,
  },
  {
    name: 'a thrown object without a string form in a floating function',
    source: `(async () => { await null; throw Object.create(null) })(); await new Promise((r) => setTimeout(r, 300)); return 1`,
    reason: /without a string form/,
  },
  {
    name: 'a throw after a node',
    source: `agent('x').then(() => { throw new Error('late') }); await new Promise((r) => setTimeout(r, 2000)); return 1`,
    reason: /nobody awaited it.*late/,
  },
];

describe('a rejected promise that nobody awaits', () => {
  it.each(floating)('$name ends the run by the watchdog, with the cause', async ({ source, reason }) => {
    const run = await interpreter.run(source);
    expect(run.status).toBe('terminated');
    expect(run.error).toMatch(reason);
  });

  it('does not touch a run whose agent() rejection is only looked at later', async () => {
    const run = await interpreter.run(`const p = agent(null); await agent('b'); try { await p } catch (e) { return e.message }`);
    expect(run.result).toMatch(/requires a prompt string/);
  });
});
