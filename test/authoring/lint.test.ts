import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/lint/finding.ts';
import { lintScript } from '../../src/lint/lint.ts';
import { rules } from '../../src/lint/rules/index.ts';
import { fencesOf, readPages, repository } from '../docs/markdown.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const filesIn = (folder: string) => readdirSync(folder).map((name) => join(folder, name));
const lintFile = (path: string, dialect?: 'odw' | 'claude') => lintScript({ path, source: readFileSync(path, 'utf8'), dialect });
const lint = (source: string, dialect?: 'odw' | 'claude') => lintScript({ path: 'flow.js', source, dialect });
const codes = (findings: Finding[]) => findings.map(({ code }) => code);

// Errors; the other rules give hints.
const errors = new Set(
  (
    'AGENT_NOT_AWAITED EFFORT_UNKNOWN FAILOVER_INVALID INPUTS_INVALID LIMITS_INVALID META_MISSING_FIELD META_NOT_FIRST PARALLEL_ITEM_NOT_FUNCTION SCHEMA_CONTRADICTION SCRIPT_DISALLOWED SCRIPT_META SCRIPT_SYNTAX SKILLS_INVALID ' +
    'TYPESCRIPT_NOT_ALLOWED UNKNOWN_GLOBAL PROMPT_FROM_DATE.error'
  ).split(' '),
);

describe('LINT-01 each fixture has exactly its code', () => {
  it.each(readdirSync(join(fixtures, 'lint')))('%s', async (name) => {
    const code = name.split('.')[0]!;
    const findings = await lintFile(join(fixtures, 'lint', name));
    expect(codes(findings)).toEqual([code]);
    expect(findings[0]!.severity).toBe(errors.has(code) || errors.has(name.replace(/\.\w+$/, '')) ? 'error' : 'hint');
    expect(findings[0]!.message).toMatch(/^\S.{20,}/);
  });

  it('each rule has a fixture', () => {
    const named = new Set(readdirSync(join(fixtures, 'lint')).map((name) => name.split('.')[0]));
    expect(rules.map(({ code }) => code).filter((code) => !named.has(code))).toEqual([]);
    expect(new Set(rules.map(({ code }) => code)).size).toBe(rules.length);
  });
});

describe('LINT-01 good scripts are clean', () => {
  it.each([...filesIn(join(repository, 'examples')), ...filesIn(join(fixtures, 'lint-clean'))].map((path) => [basename(path), path]))(
    '%s',
    async (_name, path) => {
      expect(await lintFile(path)).toEqual([]);
    },
  );

  it('scripts of the pages have no error', async () => {
    for (const { name, text } of readPages()) {
      for (const { language, code } of fencesOf(text)) {
        if (language === 'js') expect((await lintScript({ path: name, source: code })).filter(({ severity }) => severity === 'error')).toEqual([]);
      }
    }
  });
});

describe('places', () => {
  it('LINT-01 names line and column, and puts a caret under the place', async () => {
    const [found] = await lint("const a = 1;\n\tconst b = await agent('x', { lable: 'y' });\nreturn [a, b];");
    expect(found).toMatchObject({ code: 'UNKNOWN_OPTION', path: 'flow.js', line: 2, column: 31 });
    expect(found!.excerpt).toBe(`\tconst b = await agent('x', { lable: 'y' });\n\t${' '.repeat(29)}^`);
    expect(found!.message).toContain('did you mean "label"');
  });

  it('a script that cannot be loaded has the place of the error', async () => {
    const [found] = await lint('const a = 1;\nreturn eval("a");');
    expect(found).toMatchObject({ code: 'SCRIPT_DISALLOWED', severity: 'error', line: 2, column: 8 });
    expect(found!.excerpt).toBe('return eval("a");\n       ^');
  });

  it('findings come in the order of the file', async () => {
    expect(codes(await lint("agent('a');\nfoo();\nagent('b', { nope: 1 });"))).toEqual([
      'AGENT_NOT_AWAITED',
      'UNKNOWN_GLOBAL',
      'AGENT_NOT_AWAITED',
      'UNKNOWN_OPTION',
    ]);
  });
});

describe('DIALECT_NULLS', () => {
  const script = "const all = await fanout(args, (x) => agent(x));\nlog(all.filter((one) => one !== null).length, await agent('Check.'));";
  it('DIAL-02 goes once the dialect is named, by meta or by the caller', async () => {
    expect(codes(await lint(script))).toEqual(['DIALECT_NULLS']);
    expect(codes(await lint(`export const meta = { name: 'x', dialect: 'odw' };\n${script}`))).toEqual([]);
    expect(codes(await lint(`export const meta = { name: 'x', description: 'y', dialect: 'claude' };\n${script}`))).toEqual([]);
    expect(codes(await lint(script, 'odw'))).toEqual([]);
  });

  it('DIAL-02 a script that looks at failures is not warned', async () => {
    expect(codes(await lint(`${script}\nlog(all.filter((one) => one?.ok === false).length);`))).toEqual([]);
    expect(codes(await lint(`${script}\nlog(odw.failures());`))).toEqual([]);
    expect(codes(await lint("const list = [1, 0].filter(Boolean);\nconst note = await agent('x');\nreturn !list || note;"))).toEqual([]);
  });
});

describe('places that ask for nodes', () => {
  it('objects in groups are nodes; arguments of other calls inside are not', async () => {
    const of = async (source: string) => codes(await lint(`${source}\nreturn await agent('Check.');`));
    expect(await of('await parallel(args.map((one) => ({ prompt: one, nope: 1 })));')).toEqual(['UNKNOWN_OPTION']);
    expect(await of('await fanout(args, (one) => { return { input: one, nope: 1 }; });')).toEqual(['UNKNOWN_OPTION']);
    expect(await of("await parallel([() => workflow('x', { input: 1, nope: 1 })]);")).toEqual([]);
    expect(await of("await parallel([() => agent('x', { label: 'a' })]);\nlog({ prompt: 'x', nope: 1 });")).toEqual([]);
    expect(await of("await pandacode.codex('x', { nope: 1 });\nawait pandacode.exec('claude', 'x', { nope: 1 });")).toEqual([
      'UNKNOWN_OPTION',
      'UNKNOWN_OPTION',
    ]);
  });
});

describe('the form of the dialect claude', () => {
  it('DIAL-05 DIAL-06 DIAL-07 all that is wrong is listed', async () => {
    const bad = "const a = 1;\nexport const meta = { name: '' };\nreturn await agent(`x${a}`);";
    expect(codes(await lint(bad, 'claude'))).toEqual(['META_NOT_FIRST', 'META_MISSING_FIELD', 'META_MISSING_FIELD']);
    expect(codes(await lint(bad))).toEqual([]);
    expect(await lint("export const meta = { name: `a${1}` };\nreturn await agent('x');", 'claude')).toMatchObject([
      { code: 'META_NOT_LITERAL', severity: 'error', line: 1 },
    ]);
    expect(codes(await lint("return await agent('x');", 'claude'))).toEqual(['META_NOT_FIRST']);
  });

  it('DIAL-10 TypeScript is named at its first type', async () => {
    const typed = "export const meta = { name: 'a', description: 'b' };\nconst x = 1;\nlet y: number = x;\nreturn await agent(`${y}`);";
    expect(await lint(typed, 'claude')).toMatchObject([{ code: 'TYPESCRIPT_NOT_ALLOWED', line: 3, column: 6 }]);
    expect(codes(await lint(typed))).toEqual([]);
  });
});
