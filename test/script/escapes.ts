/**
 * Ways out of a workflow script that are known, each tried by a test.
 *
 * `parse`: compiling the script must fail. `run`: the script compiles; run in the sandbox it must throw or return `held`, never `escaped…`,
 * and must leave the worker alive and the runs beside it unharmed.
 */
export interface Escape {
  name: string;
  source: string;
  stoppedAt: 'parse' | 'run';
}

export const escapes: Escape[] = [...parseEscapes(), ...runEscapes()];

function parseEscapes(): Escape[] {
  const sources: Record<string, string> = {
    'static import': `import fs from 'node:fs';\nreturn fs;`,
    'static import for its effect': `import 'node:fs';`,
    'export from': `export { readFile as default } from 'node:fs';`,
    'export star': `export * from 'node:fs';`,
    'dynamic import': `return await import('node:fs');`,
    'the error of a dynamic import': `try { await import('x') } catch (e) { return e.constructor.constructor('return process')() }`,
    'dynamic import in a template': 'return `${await import("node:fs")}`;',
    'dynamic import in a default parameter': `const f = (x = import('x')) => x; return f();`,
    'import.meta': `return import.meta.url;`,
    require: `return require('node:fs');`,
    'require in parentheses': `return (require)('node:fs');`,
    'require by another name': `const r = require; return r('node:fs');`,
    'require.resolve': `return require.resolve('x');`,
    'direct eval': `return eval('process');`,
    'indirect eval': `return (0, eval)('process');`,
    'optional eval': `return eval?.('process');`,
    'eval by another name': `const run = eval; return run('process');`,
    'eval as an object': `return eval.call(null, 'process');`,
    'eval in a shorthand property': `const o = { eval }; return o.eval('process');`,
    'eval behind unicode escapes': `return \\u0065val('process');`,
    'Function called': `return Function('return process')();`,
    'new Function': `return new Function('return process')();`,
    'Function as an object': `return Function.prototype.constructor('return process')();`,
    'Function by Reflect.construct': `return Reflect.construct(Function, ['return process'])();`,
    'a class that extends Function': `class F extends Function {} return new F('return process')();`,
    'Function in a tagged template': 'return Function`return process```;',
    with: `with (globalThis) { return process; }`,
    'closing the wrapper': `}); globalThis.out = 1; (async () => {`,
    'closing the wrapper, then a comment': `}\nreturn process;\n/*`,
    'closing the wrapper after return': `return 1 } }) ; process.exit(); ({ a() { `,
    'an unfinished template': 'return `',
    'an unfinished comment': '/* no end',
    // The sandbox compiles classic code, where these begin a comment that a module does not have.
    'an HTML comment that hides a comment': `let x = 1, y = 1;\nx <!-- y /*\nimport('x')\n/* */`,
    'an HTML comment end at the start of a line': `let x = 1\n--> x; /*\nimport('x') /* */`,
    'an HTML comment end after a comment': `let x = 1\n/* a */ --> 0`,
    'an HTML comment end after a comment of two lines': `let x = 1 /*\n*/ --> 0`,
    'the guard overwritten': `__odw_guard = () => {}; for (;;) {}`,
    'the guard declared': `const __odw_guard = () => {}; for (;;) {}`,
    'the guard behind a unicode escape': `const __odw\\u005fguard = () => {}; for (;;) {}`,
    'the guard as a parameter': `return ((__odw_guard) => { for (;;) {} })(() => {});`,
    'the guard as a label or property': `return globalThis.__odw_guard;`,
    'the engine by name': `return __TEMPORAL_ACTIVATOR__;`,
    'the engine as a property': `return globalThis.__TEMPORAL__;`,
    'the module cache': `return __webpack_module_cache__;`,
    'a write to Array.prototype': `Array.prototype.push = () => { throw 1 };`,
    'a write to Map.prototype': `(Map).prototype['set'] = () => {};`,
    'a deletion from Array.prototype': `delete Array.prototype.map;`,
    'an own constructor on Promise.prototype': `Promise.prototype.constructor = class {};`,
    'defineProperty on Object.prototype': `Object.defineProperty(Object.prototype, 'then', { get() {} });`,
    'Reflect.set on Array.prototype': `Reflect.set(Array.prototype, 'push', 1);`,
    'Object.assign to Function.prototype': `Object.assign(Function.prototype, { call: 1 });`,
    'Error.prepareStackTrace': `Error.prepareStackTrace = (e, frames) => frames[0].getFunction();`,
  };
  return Object.entries(sources).map(([name, source]) => ({ name, source, stoppedAt: 'parse' }));
}

function runEscapes(): Escape[] {
  // Each expression tries to get hold of something that can compile text. `reach` asks it for the engine or the host.
  const makers: Record<string, string> = {
    'constructor of a function': `(function () {}).constructor`,
    'constructor of an arrow function': `(() => {}).constructor`,
    'constructor of an async function': `(async () => {}).constructor`,
    'constructor of a generator': `(function* () {}).constructor`,
    'constructor of an async generator': `(async function* () {}).constructor`,
    'constructor by a computed name': `(() => {})['constr' + 'uctor']`,
    'constructor of a class': `(class {}).constructor`,
    'constructor of a method': `({ m() {} }).m.constructor`,
    'constructor of agent': `agent.constructor`,
    'constructor of log': `log.constructor`,
    'constructor of phase': `phase.constructor`,
    'constructor of parallel': `parallel.constructor`,
    'constructor of console.log': `console.log.constructor`,
    'constructor of setTimeout': `setTimeout.constructor`,
    'constructor of Date': `Date.constructor`,
    'constructor of Date.parse': `Date.parse.constructor`,
    'constructor of Math.max': `Math.max.constructor`,
    'constructor of Promise': `Promise.constructor`,
    'constructor of Promise.all': `Promise.all.constructor`,
    'constructor of an array method': `[].map.constructor`,
    'constructor of an error class': `Error.constructor`,
    'constructor of a caught error': `(() => { try { null.x } catch (e) { return e.constructor.constructor } })()`,
    'constructor of a stack overflow': `(() => { const f = () => f(); try { f() } catch (e) { return e.constructor.constructor } })()`,
    'constructor of the input': `Object(input ?? {}).constructor.constructor`,
    'constructor of the odw object': `odw.constructor.constructor`,
    'constructor of the budget': `budget.constructor.constructor`,
    'constructor of a method of the budget': `budget.spent.constructor`,
    'constructor of an agent promise': `agent('x').constructor.constructor`,
    'constructor of an agent result': `Object(await agent('x')).constructor.constructor`,
    'constructor of a promise of the script': `(async () => {})().constructor.constructor`,
    'constructor of then': `(async () => {})().then.constructor`,
    'constructor of a regular expression result': `/a/.exec('a').constructor.constructor`,
    'constructor of a symbol': `Symbol.iterator.constructor.constructor`,
    'constructor of an iterator': `Object.getPrototypeOf([][Symbol.iterator]()).next.constructor`,
    'constructor of a template object': '((s) => s.constructor.constructor)`x`',
    'constructor of globalThis': `globalThis.constructor.constructor`,
    'constructor of Intl': `Intl.DateTimeFormat.constructor`,
    'constructor of a proxy': `new Proxy(() => {}, {}).constructor`,
    'constructor of a bound function': `(() => {}).bind().constructor`,
    'constructor of a getter': `Object.getOwnPropertyDescriptor(Map.prototype, 'size').get.constructor`,
    'constructor of an accessor of __proto__': `Object.getOwnPropertyDescriptor(Object.prototype, '__proto__')?.get.constructor`,
    'prototype of a function': `Object.getPrototypeOf(() => {}).constructor`,
    'prototype of an async function': `Object.getPrototypeOf(async () => {}).constructor`,
    'prototype of a generator': `Object.getPrototypeOf(function* () {}).constructor`,
    'prototype of an async generator': `Object.getPrototypeOf(async function* () {}).constructor`,
    'own property descriptor': `Object.getOwnPropertyDescriptor(Object.getPrototypeOf(() => {}), 'constructor').value`,
    'Reflect.get': `Reflect.get(() => {}, 'constructor')`,
    __proto__: `(() => {}).__proto__.constructor`,
    'Function of the global object': `globalThis?.['Func' + 'tion']`,
    'eval of the global object': `globalThis?.['ev' + 'al']`,
    'Function of this': `(function () { return this })()?.Function`,
    'callee of arguments': `(function () { return arguments.callee })().constructor`,
    'caller of a function': `(function f() { return f.caller })().constructor`,
  };
  const reach = `
const read = (make) => {
  for (const text of ['return globalThis.__TEMP' + 'ORAL__', 'return globalThis.__TEMP' + 'ORAL_ACTIVATOR__', 'return process', 'globalThis']) {
    let got;
    try { got = make(text); if (typeof got === 'function') got = got(); if (got && typeof got.next === 'function') got = got.next().value; } catch { continue; }
    if (got !== undefined && got !== null && got !== globalSelf && !(typeof got.then === 'function')) return 'escaped: ' + text;
  }
  return 'held';
};
const globalSelf = typeof globalThis === 'undefined' ? undefined : globalThis;
`;
  const others: Record<string, string> = {
    process: `return typeof process === 'undefined' ? 'held' : 'escaped'`,
    'names of the host': `const seen = [typeof process, typeof fetch, typeof URL, typeof Buffer, typeof structuredClone, typeof setInterval, typeof queueMicrotask, typeof TextEncoder, typeof WebAssembly, typeof SharedArrayBuffer, typeof Atomics, typeof WeakRef, typeof FinalizationRegistry, typeof AsyncLocalStorage, typeof assert];\nreturn seen.every((kind) => kind === 'undefined') ? 'held' : 'escaped: ' + seen`,
    'names of the engine on the global object': `const names = typeof globalThis === 'undefined' ? [] : Object.getOwnPropertyNames(globalThis ?? {});\nreturn names.some((name) => name.startsWith('__')) ? 'escaped: ' + names : 'held'`,
    'a promise subclass with its own static constructor': `class P extends Promise { static ['constructor'] = (text) => { leak = text; return () => undefined } }\nlet leak;\nnew P((r) => r(1)).then(() => 1); await 0;\nreturn leak === undefined ? 'held' : 'escaped: ' + leak`,
    'a promise made for another target': `let leak;\nfunction N() {}\nN.prototype = { constructor: { constructor: (...a) => { leak = a; return (x) => { leak = x } } } };\nconst p = Reflect.construct(Promise, [() => {}], N); try { p.then(() => {}) } catch {}\nawait 0;\nreturn leak === undefined ? 'held' : 'escaped'`,
    'own constructor on Promise.prototype, indirectly': `const proto = Object.getPrototypeOf((async () => {})());\nlet leak;\nproto.constructor = { constructor: (text) => { leak = text; return () => undefined } };\nawait 0; await 0;\nreturn leak === undefined ? 'held' : 'escaped'`,
    'stack frames through prepareStackTrace, indirectly': `const E = Object.getPrototypeOf(new Error('x')).constructor;\nlet leak;\nE['prepare' + 'StackTrace'] = (e, frames) => { leak = frames };\nnew E('y').stack;\nreturn leak === undefined ? 'held' : 'escaped'`,
    'Array.prototype.push, indirectly': `const proto = Object.getPrototypeOf([]);\nlet leak;\nproto.push = function (x) { leak = x; return 1 };\nawait agent('x');\nreturn leak === undefined ? 'held' : 'escaped'`,
    'Map.prototype.set, indirectly': `const proto = Object.getPrototypeOf(new Map());\nlet leak;\nproto.set = function (k, v) { leak = v; return this };\nawait agent('x');\nreturn leak === undefined ? 'held' : 'escaped'`,
    'Function.prototype.call, indirectly': `const proto = Object.getPrototypeOf(() => {});\nlet leak;\nproto.call = function (...a) { leak = a };\nawait agent('x');\nreturn leak === undefined ? 'held' : 'escaped'`,
    'a getter on Object.prototype, indirectly': `const proto = Object.getPrototypeOf({});\nlet leak;\nObject.defineProperty(proto, 'timeout', { get() { leak = this } });\nawait agent('x');\nreturn leak === undefined ? 'held' : 'escaped'`,
    'Symbol.species': `class A extends Array { static get [Symbol.species]() { return function (n) { return { length: n } } } }\nconst r = await parallel(A.from([async () => 1]));\nreturn r[0] === 1 ? 'held' : 'escaped'`,
    'clock by the constructor of a date': `return typeof new Date(0).constructor.now() === 'number' ? 'escaped' : 'held'`,
    'clock by the prototype of dates': `return typeof Object.getPrototypeOf(Date.prototype).constructor.now?.() === 'number' || typeof new (Object.getPrototypeOf(new Date(0)).constructor)().getTime() === 'number' ? 'escaped' : 'held'`,
    'clock by a subclass of Date': `class D extends Date {}\nreturn typeof new D().getTime() === 'number' ? 'escaped' : 'held'`,
    'clock by Reflect.construct': `return typeof Reflect.construct(Date, []).getTime() === 'number' ? 'escaped' : 'held'`,
    'clock by Intl': `return 'escaped: ' + new Intl.DateTimeFormat().format()`,
    'clock by Intl parts': `return 'escaped: ' + new Intl.DateTimeFormat('en').formatToParts()`,
    'chance by the prototype of Math': `return typeof Math.random() === 'number' ? 'escaped' : 'held'`,
    'internals of a failed node': `const r = await agent('fail', { retry: { maxAttempts: 1 } }).catch((e) => e);\nconst seen = [r?.failure, r?.cause?.failure, r?.cause?.cause].filter((x) => x !== undefined && x !== null);\nreturn seen.length === 0 ? 'held' : 'escaped'`,
    'valueOf and toString that throw': `return await agent({ toString() { throw new Error('no') }, valueOf() { throw new Error('no') } }).then(() => 'held', () => 'held')`,
    'an endless loop': `for (;;) {}`,
    'an endless while without braces': `let i = 0; while (true) i++;`,
    'an endless do': `do ; while (true);`,
    'an endless loop over a generator': `function* g() { while (true) yield 1 } for (const x of g());`,
    'an endless await': `for (;;) await null;`,
    'an endless for await': `async function* g() { for (;;) yield 1 } for await (const x of g());`,
    'endless recursion': `const f = () => f(); f();`,
    'endless recursion through promises': `const f = () => Promise.resolve().then(f); await f();`,
    'endless recursion through async functions': `const f = async () => { await null; return f() }; await f();`,
    'an endless thenable': `const t = { then(r) { r(t) } }; await t;`,
    'an endless loop behind an agent': `await agent('x'); for (;;) {}`,
    'an endless loop behind a continue': `outer: for (;;) { for (;;) continue outer; }`,
    'an endless loop in a catch': `for (;;) { try { for (;;) {} } catch {} }`,
    'an endless loop in a getter': `const o = { get x() { for (;;) {} } }; return o.x`,
    'an endless loop in the result': `return { toJSON() { for (;;) {} } }`,
    'a floating rejection': `Promise.reject(new Error('nobody holds this')); await agent('x'); return 'held'`,
    'a floating rejection without a string form': `Promise.reject(Object.create(null)); await agent('x'); return 'held'`,
    'a floating rejection behind an agent': `agent('x').then(() => { throw new Error('nobody holds this') }); await agent('y'); return 'held'`,
    'a thrown value without a string form': `throw Object.create(null)`,
    'a result that is a cycle': `const a = {}; a.a = a; return a`,
    'a result that is a BigInt': `return 1n`,
    'a result that is a function': `return () => 1`,
    'a result that is a symbol': `return Symbol('x')`,
  };
  return [
    ...Object.entries(makers).map(([name, maker]) => ({ name, source: `${reach}return read(${maker});`, stoppedAt: 'run' as const })),
    ...Object.entries(others).map(([name, source]) => ({ name, source, stoppedAt: 'run' as const })),
  ];
}
