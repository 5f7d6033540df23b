import type { Random } from './random.ts';

const names = 'a b agent parallel pipeline workflow phase log args input budget checkpoint meta std odw Date Math x$ _ ünï let of async'.split(' ');
const literals = [
  '0',
  '1n',
  '-1.5e3',
  '"text"',
  "'it\\'s'",
  '`t`',
  'null',
  'undefined',
  'true',
  '/re[/]g/u',
  '"require(x)"',
  '"\\u{1F600}"',
  '"\uD83D"',
  '[]',
  '({})',
];
const binary = ['+', '-', '*', '**', '%', '<', '===', '&&', '||', '??', 'in', 'instanceof', ',', '=', '+=', '??='];
const disallowed = [
  'require("fs")',
  'import("fs")',
  'eval("1")',
  'new Function("1")',
  'Function("1")',
  '(0, eval)("1")',
  'globalThis.eval("1")',
  'import.meta',
  'new.target',
  'this',
  'arguments',
];
const scraps = [
  '{',
  '}',
  '(',
  ')',
  '`',
  '${',
  '"',
  '/*',
  '*/',
  '//',
  '<!--',
  '-->',
  '=>',
  'export ',
  'default ',
  'await ',
  'import(',
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
  'using x = 1',
  '0x',
  'of',
];

/** A script as somebody might write it: mostly right, sometimes disallowed, at times cut or spoiled. */
export function scriptText(random: Random): string {
  const parts = [random.chance(0.5) ? metaText(random) : '', ...random.some(4, () => statement(random, 3)), random.chance(0.3) ? exported(random) : ''];
  let text = parts.join(random.pick(['\n', '\n', '; ', '\r\n', ' ']));
  while (random.chance(0.45)) text = spoil(random, text);
  return text;
}

function metaText(random: Random): string {
  const name = random.pick(['"demo"', "'x'", '`t`', '1', 'name()', '"a" + "b"']);
  const phases = random.pick(['[]', '[{ title: "P" }]', '[{ title: "P", model: null }]', '[...more]', '{}', '[1]']);
  return (
    random.pick(['export const meta = ', 'export let meta = ', 'const meta = ', '// export const meta = ']) +
    `{ name: ${name}, phases: ${phases}, ${random.pick(['', 'whenToUse: "w"', '"dialect": "odw"', '[k]: 1', '__proto__: null'])} }`
  );
}

function exported(random: Random): string {
  const body = `{ ${statement(random, 2)} }`;
  return random.pick([
    `export default async function main(input) ${body}`,
    `export async function workflow(input) ${body}`,
    `export default async (input) => ${body}`,
    `export default ${expression(random, 2)}`,
    `async function f() ${body}\nexport { f as default }`,
    `export * from "x"`,
    `export default class {}`,
  ]);
}

function statement(random: Random, depth: number): string {
  if (depth === 0) return `${expression(random, 1)};`;
  const e = () => expression(random, depth - 1);
  const s = () => statement(random, depth - 1);
  const name = random.pick(names);
  return random.pick([
    () => `const ${name} = ${e()};`,
    () => `let { ${name}, ...rest } = ${e()};`,
    () => `if (${e()}) { ${s()} } else ${s()}`,
    () => `for (const ${name} of ${e()}) ${s()}`,
    () => `for (let i = 0; i < 3; i++) { ${s()} ${random.pick(['continue', 'break', ''])} }`,
    () => `while (${e()}) { ${s()} break }`,
    () => `do ${s()} while (${e()})`,
    () => `try { ${s()} } catch ${random.pick(['', '(e) '])}{ ${s()} } finally { ${s()} }`,
    () => `switch (${e()}) { case 1: ${s()} default: }`,
    () => `label: { ${s()} break label }`,
    () => `function* ${name}(${name}) { yield ${e()} }`,
    () => `class C { #p = ${e()}; static { ${s()} } get x() { return this.#p } }`,
    () => `throw ${e()}`,
    () => `return ${e()}`,
    () => `for await (const x of ${e()}) ${s()}`,
    () => `${e()};`,
  ])();
}

function expression(random: Random, depth: number): string {
  if (depth === 0) return random.chance(0.5) ? random.pick(names) : random.pick(literals);
  const e = () => expression(random, depth - 1);
  return random.pick([
    () => `await agent(${e()}, { label: ${e()}, schema: ${e()} })`,
    () => `await parallel([() => ${e()}, ${e()}], { max: ${e()} })`,
    () => `await pipeline(${e()}, (p, i) => ${e()})`,
    () => `(${e()} ${random.pick(binary)} ${e()})`,
    () => `${random.pick(names)}.${random.pick(names)}?.[${e()}]`,
    () => `${random.pick(names)}(${e()}, ...${e()})`,
    () => `(async () => ${e()})()`,
    () => `(x => { ${statement(random, depth - 1)} })`,
    () => `\`t\${${e()}}t\``,
    () => `{ ${random.pick(names)}: ${e()}, [${e()}]: 1 }`,
    () => `[${e()}, , ...${e()}]`,
    () => `typeof ${e()} ? ${e()} : ${e()}`,
    () => `new ${random.pick(['Date', 'Map', 'Error', 'Promise'])}(${e()})`,
    () => random.pick(disallowed),
    () => random.pick(literals),
  ])();
}

function spoil(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(12));
  const put = random.pick([() => random.pick(scraps), () => text.slice(at, to).repeat(3), () => '', () => random.pick(disallowed)])();
  return text.slice(0, at) + put + text.slice(random.chance(0.5) ? at : to);
}
