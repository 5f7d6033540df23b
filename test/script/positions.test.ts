import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { mapPosition } from '../../src/script/positions.ts';
import { mapStack } from '../../src/script/stack.ts';
import { refusal } from './refuse.ts';
import { sourceUrl, startScript, wrapperLines } from './run-script.ts';

async function stackOf(source: string, path?: string): Promise<string> {
  const { script, result } = await startScript(source, { n: 1 }, path);
  const error: unknown = await result.then(
    () => new Error('did not throw'),
    (thrown: unknown) => thrown,
  );
  return mapStack(script, (error as Error).stack ?? '', sourceUrl, wrapperLines);
}

describe('SCR-05 errors while running name the place in the file', () => {
  const sources: Record<string, string> = {
    plain: 'const a = 1;\nnull.HERE',
    'behind guards on one line': 'for (const x of [1]) { const f = (y) => ((z) => z)(y); f(1); if (x) for (;;) null.HERE }',
    'behind CRLF': 'const a = 1;\r\nfor (;;) { null.HERE }\r\n',
    'in a default arrow': 'export default async (input) => { for (;;) null.HERE }',
    'in an anonymous default function': 'export default async function () { while (true) { null.HERE } }',
    'in a workflow constant': 'export const workflow = (input) => null.HERE',
    'behind a byte order mark and a hashbang': '\uFEFF#!/usr/bin/env odw\nconst f = () => null.HERE; f()',
    'behind a byte order mark': '\uFEFFconst f = () => null.HERE; f()',
    'behind wide characters': 'const s = "😀é"; const f = () => { null.HERE }; f()',
    'behind a template of two lines': 'const s = `a\nb${(() => 1)()}c\n`; const f = () => { null.HERE }; f()',
    'behind a computed meta': 'export const meta = { name: String(1) }; null.HERE',
  };
  for (const [name, source] of Object.entries(sources)) {
    it(name, async () => {
      const text = source.replace(/^\uFEFF/, '');
      const before = text.slice(0, text.indexOf('HERE'));
      const line = before.split('\n').length;
      const column = before.length - before.lastIndexOf('\n');
      expect((await stackOf(source)).split('\n')[1]).toContain(`/project/audit.js:${line}:${column}`);
    });
  }

  it('behind TypeScript', async () => {
    const source = 'interface A { b: string }\nconst f = <T,>(x: T): T => (null as any as { HERE: T }).HERE;\nf<number>(1)';
    const lines = (await stackOf(source, '/project/audit.ts')).split('\n');
    expect(lines.slice(1)).toStrictEqual(['    at f (/project/audit.ts:2:57)', '    at /project/audit.ts:3:1']);
  });

  it('keeps only frames of the script, with the names people gave', async () => {
    const stack = await stackOf(
      'function inner() {\n  throw new Error("two\\n    lines")\n}\nexport default async function (input) {\n  return [1].map(() => inner())\n}',
    );
    expect(stack).toBe(
      ['Error: two', '    lines', '    at inner (/project/audit.js:2:9)', '    at /project/audit.js:5:24', '    at default (/project/audit.js:5:14)'].join(
        '\n',
      ),
    );
  });

  it('leaves a stack without frames as it is', async () => {
    const script = await compileScript({ path: 'a.js', source: 'return 1' });
    expect(mapStack(script, 'Error: x', sourceUrl, 3)).toBe('Error: x');
    expect(mapStack(script, 'Error: x\n    at node:internal/x:1:2', sourceUrl, 3)).toBe('Error: x');
  });

  it('does not take the name of one script for the end of another', async () => {
    const script = await compileScript({ path: 'a.js', source: 'return 1' });
    expect(mapStack(script, 'Error: x\n    at f (other-odw-script.js:4:1)\n    at g (odw-script.js:4:2)', sourceUrl, 3)).toBe('Error: x\n    at g (a.js:1:2)');
  });
});

it('maps every character of a body back to itself', async () => {
  const source =
    'export default async (input) => {\n  for (const a of [1]) for (const b of [2]) if (a) input.map((x) => (y) => x + y);\n  do a(); while (0)\r\n  const f = () => ({}), g = async () => { await 1 };\n}\nexport { f as x };const f = 1\n';
  const script = await compileScript({ path: 'a.js', source });
  const sourceLines = source.split(/\r?\n/);
  script.body.split(/\r?\n/).forEach((bodyLine, i) => {
    const inserted = new Set((script.inserts[i + 1] ?? []).flatMap(([start, length]) => Array.from({ length }, (_, k) => start + k)));
    let seen = '';
    for (let column = 0; column < bodyLine.length && i < sourceLines.length; column++) {
      const place = mapPosition(script, i + 1 + 7, column + 1, 7);
      expect(place?.line).toBe(i + 1);
      if (inserted.has(column)) continue;
      const original = sourceLines[i]?.[(place?.column ?? 0) - 1];
      if (bodyLine[column] !== ' ' && bodyLine[column] !== ';') expect(bodyLine[column]).toBe(original);
      seen += original ?? '';
    }
    if (i < sourceLines.length) expect(seen).toBe(sourceLines[i]);
  });
});

it('knows no place outside the file', async () => {
  const script = await compileScript({ path: 'a.js', source: 'export default () => 1' });
  expect(mapPosition(script, 3, 1, 3)).toBeUndefined();
  expect(mapPosition(script, 5, 1, 3)).toBeUndefined();
  expect(mapPosition(script, 4, 1, 3)).toStrictEqual({ line: 1, column: 1 });
});

describe('SCR-05 errors while reading show the place', () => {
  it('with line, column, source line and caret', async () => {
    const error = await refusal('const a = 1;\n\tconst b = ;\n');
    expect(error.slug).toBe('script-syntax');
    expect(error.message).toBe('/project/audit.js:2:12: SyntaxError: Unexpected token\n\tconst b = ;\n\t          ^');
    expect(error.fields).toStrictEqual({ path: '/project/audit.js', line: 2, column: 12, problem: 'SyntaxError: Unexpected token' });
  });

  it('cuts a long line around the place, never through a character', async () => {
    for (const pad of ['é', '😀', 'x😀']) {
      const error = await refusal(`const s = "${pad.repeat(1000)}"; const b = ; const t = "${pad.repeat(1000)}"`);
      const [, shown = '', caret = ''] = error.message.split('\n');
      expect(shown.length).toBeLessThanOrEqual(120);
      expect(shown[caret.length - 1]).toBe(';');
      expect(Buffer.from(shown).toString()).toBe(shown);
    }
  });

  it('at the end of the file', async () => {
    expect((await refusal('if (1) {')).message).toBe('/project/audit.js:1:9: SyntaxError: Unexpected token\nif (1) {\n        ^');
  });

  it('for strict mode, duplicates and future syntax', async () => {
    expect((await refusal('var a = 010;')).message).toContain('audit.js:1:9');
    expect((await refusal('with (a) {}')).message).toContain("'with' in strict mode");
    expect((await refusal('let a;\nlet a;')).message).toContain("audit.js:2:5: SyntaxError: Identifier 'a' has already been declared");
    expect((await refusal('export default 1 2')).message).toContain('audit.js:1:18');
    expect((await refusal('export { nowhere }')).slug).toBe('script-syntax');
  });
});
