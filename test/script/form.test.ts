import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { refusal } from './refuse.ts';
import { runScript } from './run-script.ts';

const nothing = 'workflow script must export a default function or use Dynamic Workflow-compatible top-level code: /project/audit.js';

describe('function form', () => {
  const forms: Record<string, string> = {
    'default function': 'export default function (input) { return input.n + 1 }',
    'default async function': 'export default async function (input) { return input.n + 1 }',
    'default named function': 'export default async function main(input) { return input.n + 1 }',
    'default function, keywords on several lines': 'export /* a */ default // b\n function (input) { return input.n + 1 }',
    'default async function with a comment between': 'export default async /* a */ function (input) { return input.n + 1 }',
    'default arrow': 'export default async (input) => input.n + 1',
    'default arrow in parentheses': 'export default ((input) => (input.n + 1));',
    'default arrow with a body': 'export default async (input) => { return input.n + 1 }\n;[1].map((x) => x)',
    'default expression': 'const make = (k) => (input) => input.n + k;\nexport default make(1)',
    'default identifier of a function below': 'export default main\nfunction main(input) { return input.n + 1 }',
    'default identifier of a constant': 'const main = async (input) => input.n + 1; export default main;',
    'workflow function': 'export function workflow(input) { return input.n + 1 }',
    'async workflow function': 'export async function workflow(input) { return input.n + 1 }',
    'workflow constant': 'export const workflow = async (input) => input.n + 1',
    'workflow by destructuring': 'export const { workflow } = { workflow: (input) => input.n + 1 }',
    'names exported at the end': 'const a = (input) => input.n + 1\nexport { a as workflow }',
    'default exported by name': 'function a(input) { return input.n + 1 }\nexport { a as default, a as b };',
    'string export name': 'const a = (input) => input.n + 1\nexport { a as "workflow" };',
  };
  for (const [name, source] of Object.entries(forms)) {
    it(`SCR-01 SCR-04 calls the entry with the input: ${name}`, async () => {
      expect(await runScript(source, { n: 4 })).toBe(5);
      expect((await compileScript({ path: 'a.js', source })).form).toBe('function');
    });
  }

  it('SCR-01 the default export wins over workflow, in any order', async () => {
    expect(await runScript('export function workflow() { return 1 }\nexport default () => 2')).toBe(2);
    expect(await runScript('export default () => 2\nexport function workflow() { return 1 }')).toBe(2);
    expect(await runScript('const a = () => 1, b = () => 2;\nexport { b as default, a as workflow }')).toBe(2);
  });

  it('keeps a named default function callable by its name, above its place too', async () => {
    const source = 'var before = main({ n: 1 });\nexport default function main(input) { return [before, input.n] }';
    expect(await runScript(source, { n: 2 })).toStrictEqual([[undefined, 1], 2]);
  });

  it('DIAL-04 gives the input to the entry even when the script declares every outer name', async () => {
    const source =
      'const input = 1, args = 2, TypeError = 3, agent = 4;\nconst check = 5; function std() {}\nexport default (given) => [given.n, input, args, TypeError, agent, check]';
    expect(await runScript(source, { n: 9 })).toStrictEqual([9, 1, 2, 3, 4, 5]);
  });

  it('keeps other exports as plain declarations', async () => {
    const source =
      'export const a = 1\nexport let b = 2;\nexport function c() { return 3 }\nexport class D { e = 4 }\nexport async function f() { return 5 }\nexport default async () => [a, b, c(), new D().e, await f()]';
    expect(await runScript(source)).toStrictEqual([1, 2, 3, 4, 5]);
  });

  it('allows await at the top level, and refuses return there with its place', async () => {
    expect(await runScript('const a = await agent("x");\nexport default () => a')).toBe('did x');
    const error = await refusal('const a = 1;\n  return a;\nexport default () => a');
    expect(error.slug).toBe('script-syntax');
    expect(error.message).toContain('/project/audit.js:2:3: SyntaxError: `return` outside a function');
  });

  const uncallable = [
    'export default 5',
    'export default "text"',
    'export default `text`',
    'export default { run() {} }',
    'export default ([])',
    'export default class {}',
    'export default class Main { run() {} }',
    'class A {}\nexport default A',
    'class A {}\nexport { A as default }',
    'const a = 5\nexport default a',
    'const a = 5, b = a\nexport { b as workflow }',
    'export const workflow = { steps: [] }',
    'export default function* () {}',
    'export class workflow {}',
    '',
    ' \n // only a comment\n',
  ];
  for (const source of uncallable) {
    it(`SCR-06 refuses before the run: ${JSON.stringify(source)}`, async () => {
      const error = await refusal(source);
      expect(error.slug).toBe('script-nothing-callable');
      expect(error.message).toContain(nothing);
    });
  }

  it('SCR-06 refuses a default that turns out not to be callable when it runs', async () => {
    await expect(runScript('const make = () => 5;\nexport default make()')).rejects.toThrow(nothing);
    await expect(runScript('const TypeError = 1;\nexport const workflow = await agent("x")')).rejects.toThrow(nothing);
  });
});

describe('top-level form', () => {
  it('SCR-02 runs statements in order, with await and return', async () => {
    const source =
      'const before = 1;\nexport const meta = { name: "m" };\nconst r = await agent("x");\nif (r) return [before, r, meta.name, input];\nreturn "not reached"';
    expect(await runScript(source, 7)).toStrictEqual([1, 'did x', 'm', 7]);
    expect((await compileScript({ path: 'a.js', source })).form).toBe('top-level');
  });

  it('SCR-02 takes a file without meta whole', async () => {
    const { form, meta, metaIsLiteral } = await compileScript({ path: '/p/nightly.audit.js', source: 'return args' });
    expect({ form, meta, metaIsLiteral }).toStrictEqual({ form: 'top-level', meta: { name: 'nightly.audit', phases: [] }, metaIsLiteral: false });
  });

  it('DIAL-04 lets a script declare the names of the dialect', async () => {
    expect(await runScript('const check = 1; function std() { return 2 }\nlet agent = 3, input = 4;\nreturn [check, std(), agent, input]')).toStrictEqual([
      1, 2, 3, 4,
    ]);
  });

  it('SCR-03 does not mistake text for exports', async () => {
    const source =
      '// export default function () {}\n/* export const meta = { name: "no" } */\nconst a = "export default 1", b = `export const meta = {}`, c = /export default/;\nreturn [a, b, String(c)]';
    expect(await runScript(source)).toStrictEqual(['export default 1', 'export const meta = {}', '/export default/']);
    const { form, meta } = await compileScript({ path: 'x.js', source });
    expect([form, meta.name]).toStrictEqual(['top-level', 'x']);
  });

  it('runs in strict mode, without a this', async () => {
    expect(await runScript('return (function () { return this })() === undefined && this === undefined')).toBe(true);
  });

  it('keeps statements apart where export syntax stood between them', async () => {
    expect(await runScript('const a = 1\nexport { a as b }\n[7].map((x) => x)\nreturn a')).toBe(1);
  });

  it('accepts a hashbang, a byte order mark, CRLF and text beyond ASCII', async () => {
    expect(await runScript('#!/usr/bin/env -S odw exec\nreturn 1')).toBe(1);
    expect(await runScript('\uFEFFreturn "é😀"')).toBe('é😀');
    expect(await runScript('\uFEFF#!/usr/bin/env odw\r\nconst größe = "日本";\r\nreturn größe')).toBe('日本');
    expect(await runScript('#!odw\nexport default () => 3')).toBe(3);
  });

  it('keeps the exact source and its hash', async () => {
    const source = '\uFEFFreturn "é"\r\n';
    const script = await compileScript({ path: 'x.js', source });
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(source));
    expect(script.source).toBe(source);
    expect(script.sha256).toBe(Buffer.from(digest).toString('hex'));
  });
});
