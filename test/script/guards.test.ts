import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { escapes } from './escapes.ts';
import { startScript } from './run-script.ts';

const weightOf = async (source: string): Promise<number> => {
  const started = await startScript(source);
  await started.result;
  return started.weight();
};

describe('SCR-09 the guard weighs', () => {
  const turns: [string, string, number][] = [
    ['for', 'for (let i = 0; i < 5; i++) { }', 5],
    ['for without braces', 'let s = 0; for (let i = 0; i < 5; i++) s += i;', 5],
    ['for with an empty body', 'for (let i = 0; i < 5; i++);', 5],
    ['for of', 'for (const x of [1, 2]) { }', 2],
    ['for in', 'for (const x in { a: 1, b: 2 }) x;', 2],
    ['while', 'let i = 3; while (i--) { }', 3],
    ['do while without braces', 'let i = 3; do i--; while (i > 0)', 3],
    ['do while', 'let i = 3; do { i-- } while (i > 0)', 3],
    ['nested loops without braces', 'for (const a of [1, 2]) for (const b of [1, 2, 3]) for (;;) break', 2 + 6 + 6],
    ['a loop with await', 'for (const x of [1, 2]) await x', 100],
    ['a loop with await in its head', 'let i = 2; while (await i--) ;', 100],
    ['a loop around a loop with await', 'for (const x of [1, 2]) { for (const y of [1]) await y }', 100 + 100],
    ['a loop whose function awaits', 'for (const x of [1, 2]) { const f = async () => await x }', 2],
    ['for await', 'for await (const x of [1, 2, 3]) ;', 150],
    ['a loop around for await', 'for (const y of [1]) for await (const x of [1, 2]) ;', 150],
    ['a function', 'function f() {} f(); f();', 6],
    ['an arrow with an expression', 'const f = (x) => x; f(1)', 3],
    ['an arrow that returns an object', 'const f = () => ({ a: 1 }); f().a', 3],
    ['arrows in arrows', 'const f = (x) => (y) => x + y; f(1)(2)', 6],
    ['an async arrow', 'const f = async (x) => await x; await f(1)', 50],
    ['an async function', 'async function f() {} await f()', 50],
    ['a method, a getter, a setter', 'const o = { m() {}, get g() { return 1 }, set s(v) {} }; o.m(); o.g; o.s = 1', 9],
    ['constructors', 'class A { constructor() {} } class B extends A { constructor() { super() } } new B()', 6],
    ['static and private methods', 'class A { static s() {} #p() {} q() { this.#p() } } A.s(); new A().q()', 9],
    ['a generator', 'function* g() { yield 1; yield 2 } [...g()]', 3],
    ['a loop that yields', 'function* g() { for (const x of [1, 2]) yield x } [...g()]', 3 + 100],
    ['a function in a default parameter', 'const f = (g = () => 1) => g(); f()', 6],
    ['a loop in a static block', 'class A { static { for (const x of [1, 2]) ; } }', 2],
    ['a field that is an arrow', 'class A { f = () => 1 } new A().f()', 3],
    ['a plain if and switch', 'if (input) { } else switch (1) { case 1: break }', 0],
  ];
  it.each(turns)('%s', async (_name, source, weight) => {
    expect(await weightOf(source)).toBe(weight);
  });

  it('labels, continue and break as before', async () => {
    const source = `const seen = [];
outer: for (const a of [1, 2, 3]) inner: for (const b of [1, 2, 3]) {
  if (b === 2) continue outer;
  if (a === 3) break inner;
  seen.push([a, b]);
}
one: for (const x of [1]) two: { if (x) break two; seen.push('no'); }
return seen`;
    const { result, weight } = await startScript(source);
    expect(await result).toStrictEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(weight()).toBe(3 + 5 + 1);
  });

  it('keeps what is thrown, however it is written', async () => {
    const thrown = async (source: string) => (await startScript(source)).result.then(undefined, (value: unknown) => value);
    expect(await thrown('throw(7)')).toBe(7);
    expect(await thrown('throw"text"')).toBe('text');
    expect(await thrown('throw [1, 2]')).toStrictEqual([1, 2]);
    expect(await thrown('throw 1, 2')).toBe(2);
    expect(await thrown('throw`a`')).toBe('a');
    expect(await thrown('if (1) throw (() => 5)()\nelse throw 6')).toBe(5);
    expect(((await thrown('throw x => y => x\n')) as (x: number) => (y: number) => number)(1)(2)).toBe(1);
  });

  it('a function that begins with a directive', async () => {
    const { result } = await startScript(`"use strict"; function f() { 'use strict'; return 1 }\nreturn f()`);
    expect(await result).toBe(1);
  });
});

describe('SCR-09 what never ends by itself is ended by the guard', () => {
  const endless = escapes.filter((escape) => escape.name.startsWith('an endless') && !/agent|catch|result|recursion/.test(escape.name));
  for (const { name, source } of [...endless, ...escapes.filter((escape) => escape.name.startsWith('endless recursion through'))]) {
    it(name, async () => {
      const { result } = await startScript(source);
      await expect(result).rejects.toThrow('the guard ended it');
    });
  }

  it('covers at least ten ways', () => {
    expect(endless.length).toBeGreaterThanOrEqual(8);
  });
});

it('puts nothing in where nothing can go round', async () => {
  const source = 'const a = await agent("x");\nreturn a';
  const { body, inserts } = await compileScript({ path: 'a.js', source });
  expect([body, inserts]).toStrictEqual([source, {}]);
});
