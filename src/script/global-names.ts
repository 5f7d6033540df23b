/** The names of the dialect that a script sees beside the language's own (section 2.3). types/odw.d.ts declares the same. */
export const dialectNames: readonly string[] = 'args input agent parallel fanout pipeline workflow phase log checkpoint promptSlot budget odw pandacode'.split(
  ' ',
);

/** Names of every JavaScript host that a script has in a form of odw's own: guarded, durable or journaled. */
export const guardedNames: readonly string[] = 'console setTimeout clearTimeout Date Math Promise'.split(' ');

/** ECMAScript intrinsics that exist on every supported Node version and are the same on all of them (DET-01). */
export const languageNames: readonly string[] = (
  'undefined NaN Infinity Object Array String Number Boolean Symbol BigInt RegExp Map Set WeakMap WeakSet JSON Reflect Proxy ' +
  'Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError ' +
  'ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array ' +
  'Intl parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape'
).split(' ');
