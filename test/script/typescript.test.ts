import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { refusal } from './refuse.ts';
import { runScript } from './run-script.ts';

describe('SCR-03 TypeScript', () => {
  const source = `import type { Thing } from 'things';
type Pair<T> = [T, T];
interface Shape { a: number }
declare const elsewhere: string;
const pair: Pair<number> = [1, 2];
function add<T extends number>(this: void, a: T, b?: number): number { return a + (b ?? 0) }
class Box<T> { private readonly value: T; constructor(value: T) { this.value = value } get(): T { return this.value! } }
abstract class Base { abstract x(): void }
let shape = { a: 3 } satisfies Shape as Shape;
return [add(pair[0], pair[1]), new Box<number>(5).get(), shape.a];`;

  it.each(['/p/a.ts', '/p/a.mts', '/p/a.js', '/p/a.mjs', '/p/script'])('is stripped in place: %s', async (path) => {
    expect(await runScript(source, null, path)).toStrictEqual([3, 5, 3]);
    const { body, source: kept } = await compileScript({ path, source });
    expect(kept).toBe(source);
    expect(body.split('\n').length).toBe(source.split('\n').length);
  });

  it('is not looked for in a script that is JavaScript', async () => {
    expect(await runScript('const a = 1, b = 2, c = 3; return a < b > (c)', null, 'a.js')).toBe(false);
    await expect(runScript('const a = (x) => x, b = 2, c = 3; return a<typeof b>(c)', null, 'a.ts')).resolves.toBe(3);
  });

  it.each([
    ['an enum', 'const a: number = 1;\n  enum Colour { Red }', '2:3'],
    ['an enum', 'export const enum Colour { Red }', '1:1'],
    ['a namespace with values', '/* c */ namespace N { export const a = 1 }', '1:9'],
    ['a parameter property', 'class A { constructor(private a: number) {} }', '1:23'],
    ['`import … = …`', 'import fs = require("fs");', '1:1'],
    ['`export =`', '// c\nexport = 5;', '2:1'],
  ])('refuses what is more than types: %s', async (what, text, place) => {
    const error = await refusal(text, '/p/a.ts');
    expect(error.slug).toBe('script-typescript');
    expect(error.message).toContain(`/p/a.ts:${place}: ${what} is TypeScript that cannot be removed in place`);
  });

  it('accepts a namespace of types alone and an enum that is only declared', async () => {
    expect(await runScript('namespace N { export type A = 1 }\ndeclare enum E { a }\nreturn 1', null, 'a.ts')).toBe(1);
  });

  it('reports the JavaScript error when a file is neither', async () => {
    const error = await refusal('const a: number = 1;\nconst b = ;', '/p/a.js');
    expect([error.slug, error.fields['line'], error.fields['column']]).toStrictEqual(['script-syntax', 1, 8]);
    expect((await refusal('enum A { b }', '/p/a.js')).slug).toBe('script-syntax');
    expect((await refusal('const a: number = 1;\nconst b = ;', '/p/a.ts')).fields['line']).toBe(2);
  });

  it('still applies the rules of scripts', async () => {
    expect((await refusal('import { a, type B } from "x"; return a', 'a.ts')).message).toContain('disallowed static import');
    expect((await refusal('const a: any = require("x")', 'a.js')).message).toContain('disallowed require');
    expect((await refusal('const __odw_guard: any = 1', 'a.js')).slug).toBe('script-reserved-name');
  });

  it('reads exports and defaults with types', async () => {
    const typed = 'export default async function main(input: { n: number }): Promise<number> { return input.n + 1 }';
    expect(await runScript(typed, { n: 1 }, 'a.ts')).toBe(2);
    expect(await runScript('export default (async (input: { n: number }): Promise<number> => input.n) as unknown', { n: 7 }, 'a.ts')).toBe(7);
  });
});
