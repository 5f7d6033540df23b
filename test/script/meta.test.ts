import { describe, expect, it } from 'vitest';
import { scriptMeta } from '../../schemas/script.ts';
import { compileScript } from '../../src/script/compile.ts';
import { baseName, readMeta } from '../../src/script/meta.ts';
import { refusal } from './refuse.ts';
import { startScript } from './run-script.ts';

const compile = (source: string, path = '/project/audit.js') => compileScript({ path, source });

describe('META-01', () => {
  it('reads a literal from the syntax tree, comments and quotes inside it included', async () => {
    const source = `export const meta = {
      // a comment with { and "
      name: 'it"s', 'description': \`two
lines\`, whenToUse: null, /* } */
      dialect: "claude",
      phases: [{ title: "Plan", detail: 'd', model: "opus" }, { title: \`Do\` },],
      agents: { deep: [-1, +0x10 > 3] }
    };
    return meta`;
    expect((await compile(source.replace('+0x10 > 3', 'true, 1e3'))).meta).toStrictEqual({
      name: 'it"s',
      description: 'two\nlines',
      whenToUse: null,
      dialect: 'claude',
      phases: [{ title: 'Plan', detail: 'd', model: 'opus' }, { title: 'Do' }],
    });
    expect((await compile(source)).metaIsLiteral).toBe(false);
  });

  const literal = [
    'export const meta = NAME',
    'export let meta = (NAME)',
    'const m = NAME;\nexport { m as meta }',
    'export { meta };\nconst meta = NAME',
    'const x = 1;\nreturn 1;\nexport var a = 2, meta = NAME, b',
  ];
  for (const form of literal) {
    it(`finds the literal in: ${JSON.stringify(form)}`, async () => {
      const script = await compile(form.replace('NAME', '{ name: "found", phases: [] }'));
      expect([script.meta.name, script.metaIsLiteral]).toStrictEqual(['found', true]);
    });
  }

  const computed = [
    '{ name: "a" + "b" }',
    '{ ...{ name: "ab" } }',
    '{ ["name"]: "ab" }',
    '{ name: `a${"b"}` }',
    '{ get name() { return "ab" } }',
    'Object.freeze({ name: "ab" })',
    '(() => ({ name: "ab" }))()',
    '{ name: "ab", __proto__: null }',
  ];
  for (const value of computed) {
    it(`leaves a computed meta to the run: ${value}`, async () => {
      const { script, metas, result } = await startScript(`export const meta = ${value}\nreturn meta.name`);
      expect(script.metaIsLiteral).toBe(false);
      expect(script.meta).toStrictEqual({ name: 'audit', phases: [] });
      expect(await result).toBe('ab');
      expect(metas.map((meta) => readMeta(meta, 'x.js').meta.name)).toStrictEqual(['ab']);
    });
  }

  it('hands over a computed meta that is exported before it is declared', async () => {
    const { metas, result } = await startScript('export { m as meta }\nconst m = { name: agent.name + "x" }\nreturn 1');
    expect([await result, metas.length]).toStrictEqual([1, 1]);
  });

  it('reads meta in function form and in TypeScript', async () => {
    expect((await compile('export const meta = { name: "f" };\nexport default () => 1')).meta.name).toBe('f');
    const typed = 'interface M { name: string }\nexport const meta: M = { name: "t", phases: [] as string[] } as const satisfies M;\nreturn meta.name';
    expect((await compile(typed, 'a.ts')).meta).toStrictEqual({ name: 't', phases: [] });
  });

  it('does not take a meta that is not exported', async () => {
    expect((await compile('const meta = { name: "inner" }; return meta')).meta.name).toBe('audit');
    expect((await compile('function f() { const meta = { name: "inner" } }\nreturn 1')).metaIsLiteral).toBe(false);
  });

  it('ignores values of the wrong kind', async () => {
    const { meta } = await compile('export const meta = { name: 5, description: [], whenToUse: false, phases: [1, {}, "Plan", { title: "Do", model: 3 }] }');
    expect(meta).toStrictEqual({ name: 'audit', phases: [{ title: 'Plan' }, { title: 'Do' }] });
    expect((await compile('export const meta = { name: "  ", phases: { title: "x" } }')).meta).toStrictEqual({ name: 'audit', phases: [] });
    expect((await compile('export const meta = "text"')).meta.name).toBe('audit');
  });

  it('DIAL-01 refuses a dialect that does not exist, at its place', async () => {
    const error = await refusal('\nexport const meta = { dialect: "klaude" }');
    expect(error.slug).toBe('script-meta');
    expect(error.message).toContain('/project/audit.js:2:21: meta.dialect is "klaude"; expected "odw" or "claude"');
    expect(readMeta({ dialect: 7 }, 'a.js').unknownDialect).toBe('7');
  });

  it('fits its schema', async () => {
    const { meta } = await compile('export const meta = { name: "a", whenToUse: "often", phases: [{ title: "x", extra: 1 }], risks: [] }');
    expect(scriptMeta.parse(meta)).toStrictEqual(meta);
  });
});

it.each([
  ['/a/b.c/audit.js', 'audit'],
  ['C:\\work\\audit.mts', 'audit'],
  ['a.b.ts', 'a.b'],
  ['noextension', 'noextension'],
  ['/a/.hidden', '.hidden'],
])('META-01 the base name of %s is %s', (path, name) => {
  expect(baseName(path)).toBe(name);
});
