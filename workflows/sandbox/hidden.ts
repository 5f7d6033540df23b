// ECMAScript intrinsics that exist on every supported Node version and are the same on all of them (DET-01).
const allowed = new Set(
  (
    'undefined NaN Infinity Object Array String Number Boolean Symbol BigInt RegExp Map Set WeakMap WeakSet JSON Reflect Proxy ' +
    'Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError ' +
    'ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array ' +
    'Intl parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape'
  ).split(' '),
);

// Named by engine-probes and the SDK; listed so that they are hidden even where the host defines them late.
const always = ['globalThis', 'Function', 'eval', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'Iterator'];

/** Names of sandbox globals that no script may see: all but the language's own. They are shadowed with `undefined`. */
export function hiddenNames(): string[] {
  const names = new Set(always);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!allowed.has(name) && /^[A-Za-z_$][\w$]*$/.test(name)) names.add(name);
  }
  for (const late of [
    '__TEMPORAL__',
    '__TEMPORAL_ACTIVATOR__',
    '__TEMPORAL_BAG_HOLDER__',
    '__TEMPORAL_CALL_INTO_SCOPE',
    '__temporal_args',
    '__webpack_module_cache__',
    '__webpack_require__',
  ])
    names.add(late);
  return [...names];
}
