/** Freezes the built-in prototypes, keeping the ordinary habit of assigning `toString`, `name` or `constructor` on own objects alive. */
export function freezeBuiltins(compile: FunctionConstructor, functionPrototypes: object[]): void {
  const typedArray = Object.getPrototypeOf(Uint8Array) as { prototype: object };
  const constructors = [
    Promise,
    Array,
    Map,
    Set,
    WeakMap,
    WeakSet,
    RegExp,
    String,
    Number,
    Boolean,
    Symbol,
    BigInt,
    Date,
    ArrayBuffer,
    DataView,
    typedArray,
    ...typedArrays(),
    ...errors(),
  ];
  for (const constructor of constructors) softenAndFreeze((constructor as { prototype: object }).prototype);
  const iterators = [
    [][Symbol.iterator](),
    new Map().keys(),
    new Set().keys(),
    ''[Symbol.iterator](),
    'a'.matchAll(/a/g),
    compile('return (function*(){})()')(),
    compile('return (async function*(){})()')(),
  ];
  for (const iterator of iterators) {
    for (
      let level = Object.getPrototypeOf(iterator) as object | null;
      level && level !== Object.prototype;
      level = Object.getPrototypeOf(level) as object | null
    )
      Object.freeze(level);
  }
  for (const prototype of functionPrototypes) Object.freeze(prototype);
  Object.freeze(compile.prototype);
  softenAndFreeze(Object.prototype);
  softenAndFreeze(Error.prototype);
  // V8 reads it when a stack is made: a script's own would see frames of the host.
  Object.defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: false });
  for (const namespace of [JSON, Reflect, Object, Array, String, Number, Map, Set, Symbol, RegExp]) Object.freeze(namespace);
}

const overridable = ['toString', 'toLocaleString', 'valueOf', 'constructor', 'hasOwnProperty', 'name', 'message', 'toJSON'];

// A frozen data property on a prototype makes `own.toString = …` throw in strict code. An accessor whose setter
// defines an own property keeps that working.
function softenAndFreeze(prototype: object): void {
  for (const key of overridable) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
    if (!descriptor || !('value' in descriptor) || !descriptor.configurable) continue;
    const value: unknown = descriptor.value;
    Object.defineProperty(prototype, key, {
      get: () => value,
      set(this: object, own: unknown) {
        if (this === prototype) throw new TypeError('built-in prototypes are read-only in a workflow script');
        Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
      },
      configurable: false,
      enumerable: false,
    });
  }
  freezeProperties(prototype);
}

// What Object.freeze does, but for one thing: it also marks the elements as frozen, and a prototype with such elements makes each access
// to a typed array five times as slow (V8 of Node 20). Hashes, and the engine's own encoding, are nothing but such accesses.
function freezeProperties(target: object): void {
  for (const key of Reflect.ownKeys(target)) {
    const isData = 'value' in (Object.getOwnPropertyDescriptor(target, key) ?? {});
    Object.defineProperty(target, key, isData ? { writable: false, configurable: false } : { configurable: false });
  }
  Object.preventExtensions(target);
}

function typedArrays(): unknown[] {
  return [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ];
}

function errors(): unknown[] {
  return [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError];
}
