import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { escapes } from './escapes.ts';
import { refusal } from './refuse.ts';
import { runScript } from './run-script.ts';

describe('SCR-07', () => {
  it.each([
    ['static import', 'import x from "b";'],
    ['static import', 'export { a } from "b";'],
    ['dynamic import', 'await import("b");'],
    ['require', 'require("b");'],
    ['eval', 'eval("b");'],
    ['Function constructor', 'new Function("b");'],
    ['Function constructor', 'Function("b");'],
    ['import.meta', 'import.meta.url;'],
  ])('names the construct: %s (%s)', async (label, statement) => {
    const error = await refusal(`const a = 1;\n${statement}`);
    expect(error.slug).toBe('script-disallowed');
    expect(error.message).toContain(`workflow script /project/audit.js uses disallowed ${label}; ODW workflow scripts may only orchestrate agents`);
    expect(error.message).toMatch(/^\/project\/audit\.js:2:\d+: /);
  });

  it('names the first of several places', async () => {
    const error = await refusal('const f = () => {\n  eval("1");\n};\nrequire("x"); f(import("y"));');
    expect(error.fields).toMatchObject({ line: 2, column: 3 });
  });

  it('leaves names alone that the script declares itself', async () => {
    expect(await runScript('const require = (x) => x + 1; return require(1)')).toBe(2);
    expect(await runScript('return ((require) => require(1))((x) => x + 1)')).toBe(2);
    expect(await runScript('function f() { return require(1); { var require; } }\nreturn typeof f')).toBe('function');
    expect(await runScript('class Function { x = 1 }\nreturn new Function().x')).toBe(1);
    expect(await runScript('try { throw 1 } catch (require) { return typeof require }')).toBe('number');
    expect(await runScript('for (const Function of [(x) => x]) return Function(3)')).toBe(3);
    expect(await runScript('const { a: { b: [require = (x) => x] } } = { a: { b: [] } }; return require(4)')).toBe(4);
  });

  it('does not let a declaration in one scope excuse a use in another', async () => {
    expect((await refusal('{ const require = 1; }\nrequire("x")')).slug).toBe('script-disallowed');
    expect((await refusal('const f = (require) => require;\nrequire("x")')).slug).toBe('script-disallowed');
    expect((await refusal('const f = function require() {};\nrequire("x")')).slug).toBe('script-disallowed');
  });

  it('allows asking for the kind of a name, and properties of the same name', async () => {
    expect(await runScript('return [typeof require, typeof (eval)].length')).toBe(2);
    expect(await runScript('const o = { eval: 1, require: 2, Function: 3 }; return o.eval + o.require + o.Function')).toBe(6);
  });
});

it('SCR-08 text that mentions the constructs is fine', async () => {
  const source =
    'const p = "call require(\'x\') and eval(y), import z from \'z\', new Function()"; // eval(1) require(2) import("x")\nreturn await agent(`${p} <!-- --> __odw_guard __TEMPORAL__ import(1)`)';
  expect(await runScript(source)).toContain('require(');
});

it('DET-04 the word constructor passes', async () => {
  const { body } = await compileScript({ path: 'a.js', source: 'return new Date(0).constructor.now()' });
  expect(body).toContain('.constructor.now()');
});

describe('names of the engine', () => {
  it.each(['__odw_guard', '__odwX', '__TEMPORAL__', '__temporal_x', '__webpack_require__'])('are refused: %s', async (name) => {
    for (const source of [
      `return ${name}`,
      `const ${name} = 1`,
      `const o = { ${name}: 1 }`,
      `agent.${name}`,
      `function f(${name}) {}`,
      `class A { #${name} = 1 }`,
      `${name}: for (;;) break ${name}`,
    ]) {
      const error = await refusal(source);
      expect([error.slug, source]).toStrictEqual(['script-reserved-name', source]);
      expect(error.message).toContain(`the name ${name} is reserved`);
    }
  });

  it('do not include names that only look alike', async () => {
    expect(await runScript('const _odw = 1, odw__odw = 2, __own = 3; return _odw + odw__odw + __own')).toBe(6);
  });
});

describe('changes to built-ins', () => {
  it('are refused by name', async () => {
    const error = await refusal('const a = [];\nArray.prototype.last = function () {};');
    expect(error.slug).toBe('script-builtin-write');
    expect(error.message).toContain('audit.js:2:1: the script changes Array.prototype');
    expect((await refusal('Promise.prototype = {}')).message).toContain('Promise.prototype');
    expect((await refusal('String.prototype.n++')).message).toContain('String.prototype');
  });

  it('are not mistaken for changes to own things', async () => {
    expect(await runScript('function A() {}\nA.prototype.x = 1; return new A().x')).toBe(1);
    expect(await runScript('class Map { }\nMap.prototype.x = 2; return new Map().x')).toBe(2);
    expect(await runScript('const o = Object.assign({}, Array.prototype); return Object.keys(o).length')).toBe(0);
    expect(await runScript('const o = { prototype: {} }; o.prototype.x = 3; return o.prototype.x')).toBe(3);
  });
});

describe('DET-06 escapes that end before the run', () => {
  for (const escape of escapes.filter((one) => one.stoppedAt === 'parse')) {
    it(escape.name, async () => {
      expect((await refusal(escape.source)).slug).toMatch(/^script-/);
    });
  }
});

describe('escapes that only the sandbox can stop', () => {
  const runEscapes = escapes.filter((one) => one.stoppedAt === 'run');
  it('compile, so that the sandbox is what stops them', async () => {
    for (const { source, name } of runEscapes) {
      await compileScript({ path: `${name}.js`, source });
    }
    expect(runEscapes.length).toBeGreaterThan(80);
    expect(new Set(escapes.map((escape) => escape.name)).size).toBe(escapes.length);
  });
});

it('`-->` and `<!` inside a line are operators as ever', async () => {
  expect(await runScript('let n = 3, k = 0; while (n --> 0) k++; let t = k<! 0; return [k, t]')).toStrictEqual([3, false]);
  expect(await runScript('const f = /<!--/; return [f.test("<!--"), `<!--\n-->`]')).toStrictEqual([true, '<!--\n-->']);
});
