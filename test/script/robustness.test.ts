import { expect, it } from 'vitest';
import { isOdwError } from '../../src/errors/error.ts';
import { compileScript } from '../../src/script/compile.ts';
import { compiledScript, type CompiledScript } from '../../schemas/script.ts';
import { escapes } from './escapes.ts';
import { refusal } from './refuse.ts';
import { internalNames } from '../../src/script/names.ts';

const seeds = [
  'export const meta = { name: "a", phases: [{ title: "x", model: null }] };\nfor (const x of await agent("q")) { if (x.y) continue; log(`a${x}b`) }\nreturn [1, ...x]',
  'export default async function main({ a = 1, ...rest }, [b]) { class A extends B { #p = 1; static { for (;;) break } get x() { return this.#p } } return new A() }',
  'outer: for (let i = 0, j; i < 3; i++) for await (const k of f`a${(() => ({}))()}b`) do x => y => z; while (/re[/]g/u.test(k) && k --> 1)',
  'const f = async x => await x?.y ?? (function* () { yield* g() })();\nexport { f as default, f as "workflow" }; export let q = 1\n//# sourceURL=x',
  'interface A<T> { b: T }\nconst c = <T,>(x: T): x is string => x as any satisfies A<T>;\nabstract class D { private e!: number }\nexport const meta = { name: "t" } as const;',
  '#!/usr/bin/env odw\r\nswitch (a) { case 1: try { throw 1 } catch { } finally { } default: }\r\nlabel: { break label }\u2028var u\u0061 = "\\u{1F600}😀", n = 0x1Fn;',
  ...escapes.map((escape) => escape.source),
];

// A fixed sequence (mulberry32), so that a failure can be repeated.
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const scraps = [
  '{',
  '}',
  '(',
  ')',
  '`',
  '${',
  '"',
  "'",
  '/*',
  '*/',
  '//',
  '<!--',
  '-->',
  '=>',
  'export ',
  'default ',
  'async ',
  'await ',
  'import(',
  'meta',
  ';',
  '\n',
  '\r',
  '\u2028',
  '\uFEFF',
  '\uD83D',
  '\0',
  '\\u005f',
  '#!',
  '@',
  '?.',
  '...',
  'enum A {}',
  ': number',
  'return ',
  'for(;;)',
  'yield ',
  'class ',
  '<T>',
  'eval',
  'function ',
  '__odw',
  '0x',
  'n',
  'using x = 1',
];

function mutate(text: string, random: () => number): string {
  let out = text;
  for (let round = 1 + Math.floor(random() * 4); round > 0; round--) {
    const at = Math.floor(random() * (out.length + 1));
    const to = Math.min(out.length, at + Math.floor(random() * 12));
    const other = seeds[Math.floor(random() * seeds.length)] ?? '';
    const from = Math.floor(random() * other.length);
    const kind = random();
    const put =
      kind < 0.5
        ? (scraps[Math.floor(random() * scraps.length)] ?? '')
        : kind < 0.7
          ? other.slice(from, from + 40)
          : kind < 0.8
            ? out.slice(at, to).repeat(3)
            : '';
    out = out.slice(0, at) + put + out.slice(kind < 0.5 ? at : to);
  }
  return out;
}

// V8 must read the body as one function and nothing more, and must not have seen what the parser took for a comment.
function assertCompiles(script: CompiledScript): void {
  const wrapped = `return async function script() {"use strict";\n${script.body}\n}`;
  new Function(internalNames.guard, internalNames.meta, 'input', wrapped);
}

it('2,000 mutated scripts either compile to one function or end with an OdwError', { timeout: 120_000 }, async () => {
  const random = chance(20260801);
  const seen = { compiled: 0, refused: 0 };
  for (let i = 0; i < 2000; i++) {
    const source = mutate(seeds[i % seeds.length] ?? '', random);
    const path = i % 40 === 0 ? 'a.ts' : 'a.js';
    try {
      const script = await compileScript({ path, source });
      seen.compiled++;
      expect(compiledScript.safeParse(script).success).toBe(true);
      expect(() => assertCompiles(script), source).not.toThrow();
      if (script.form === 'top-level') expect(script.body.split(/\r\n|[\n\r\u2028\u2029]/).length).toBe(source.split(/\r\n|[\n\r\u2028\u2029]/).length);
    } catch (error) {
      if (!isOdwError(error)) throw new Error(`crashed on ${JSON.stringify(source)}`, { cause: error });
      seen.refused++;
      expect(error.message).toMatch(/^a\.[jt]s:\d+:\d+: /);
    }
  }
  expect(seen.compiled).toBeGreaterThan(100);
  expect(seen.refused).toBeGreaterThan(500);
});

it('a script nested too deeply is refused by name', async () => {
  const nested = [
    '('.repeat(50_000),
    '['.repeat(50_000),
    'a?'.repeat(20_000),
    'return ' + '1+'.repeat(100_000) + '1',
    'a' + '.b'.repeat(100_000),
    '`${'.repeat(20_000),
    'if(a){'.repeat(20_000),
  ];
  for (const source of nested) {
    expect((await refusal(source)).slug).toMatch(/^script-(too-deep|syntax)$/);
  }
  expect((await refusal('return ' + '['.repeat(50_000) + ']'.repeat(50_000))).slug).toBe('script-too-deep');
});

it('a script of 1 MB is compiled in about a second', async () => {
  const source = Array.from(
    { length: 12_000 },
    (_, i) => `async function f${i}(a) { for (const x of a) { if (x.y > ${i}) await agent("do it ${i}") } }\n`,
  ).join('');
  expect(source.length).toBeGreaterThan(900_000);
  const started = performance.now();
  const script = await compileScript({ path: 'big.js', source });
  // Far above the usual third of a second: the machine may be busy.
  expect(performance.now() - started).toBeLessThan(5000);
  expect(Object.keys(script.inserts).length).toBe(12_000);
});
