import { freezeBuiltins } from './freeze.ts';
import { countTurns } from './guard.ts';
import { hookState } from './hook-state.ts';
import { printable } from './printable.ts';

/** What the script side needs from the lock: the kept compiler and the safe Promise. */
export interface Sandbox {
  /** The one way left to compile code from a string. Never reaches a script. */
  compile: FunctionConstructor;
  /** Promise without subclassing: the only constructor that scripts can reach. */
  SafePromise: PromiseConstructor;
}

// The two texts that the SDK's promise hook and rejection handler evaluate through `promise.constructor.constructor`
// (@temporalio/worker 1.24.0, vm-shared.js). Everything else is refused.
const askActivator = 'return globalThis.__TEMPORAL_ACTIVATOR__';
const askError = 'return globalThis.Error';

const thenWeight = 30;

let sandbox: Sandbox | undefined;

/**
 * Closes the sandbox for good: no function leads to a compiler, no promise to the SDK, no built-in can be changed.
 * It guards determinism and the host against scripts by mistake or by habit; it is no security boundary.
 */
export function lockSandbox(): Sandbox {
  if (sandbox) return sandbox;
  const RealFunction = Function;
  const RealPromise = Promise;
  const shim = constructorShim();
  const refuseShim = Object.freeze(function () {
    return refuse();
  });
  const functionKinds = ['async function(){}', 'function*(){}', 'async function*(){}'].map((text) => prototypeOf(new RealFunction(`return ${text}`)()));
  define(RealFunction.prototype, 'constructor', shim);
  for (const prototype of functionKinds) define(prototype, 'constructor', refuseShim);

  guardThen(RealPromise);
  const SafePromise = safePromise(RealPromise, shim);
  define(RealPromise.prototype, 'constructor', SafePromise);
  Object.freeze(RealPromise);
  freezeBuiltins(RealFunction, functionKinds);
  sandbox = { compile: RealFunction, SafePromise };
  return sandbox;
}

function constructorShim(): object {
  const none = Object.freeze({ get() {}, set() {}, delete() {} });
  const promiseStackStore = Object.freeze({ promiseToStack: none, childToParent: none });
  // Inside an activation the hook gets nothing and skips its work (awaits cost a fortieth). Outside, only the handler
  // of unhandled rejections asks, and it must learn the run, else it ends the process.
  const whichRun = () => {
    const activator = (globalThis as { __TEMPORAL_ACTIVATOR__?: { info: { runId: string } } }).__TEMPORAL_ACTIVATOR__;
    return hookState.inside || !activator ? undefined : Object.freeze({ info: Object.freeze({ runId: activator.info.runId }), promiseStackStore });
  };
  const sandboxError = () => Error;
  return Object.freeze(function (...texts: unknown[]) {
    if (texts.length === 1 && texts[0] === askActivator) return whichRun;
    if (texts.length === 1 && texts[0] === askError) return sandboxError;
    return refuse();
  });
}

// A chain of then() callbacks never leaves the activation either, and each link costs a thousand plain turns.
function guardThen(RealPromise: PromiseConstructor): void {
  const then = RealPromise.prototype.then;
  define(RealPromise.prototype, 'then', function (this: Promise<unknown>, ...handlers: Parameters<typeof then>) {
    countTurns(thenWeight);
    return then.apply(this, handlers);
  });
}

function safePromise(RealPromise: PromiseConstructor, shim: object): PromiseConstructor {
  const Safe = function (executor: ConstructorParameters<PromiseConstructor>[0]) {
    if (new.target !== (Safe as unknown)) throw new TypeError('Promise cannot be subclassed or called in a workflow script');
    return new RealPromise((resolve, reject) => executor(resolve, (reason) => reject(printable(reason))));
  };
  for (const name of Object.getOwnPropertyNames(RealPromise)) {
    const value = (RealPromise as unknown as Record<string, unknown>)[name];
    if (typeof value === 'function' && name !== 'prototype' && name !== 'reject')
      define(Safe, name, (...args: unknown[]) => (value as (...a: unknown[]) => unknown).apply(RealPromise, args));
  }
  define(Safe, 'reject', (reason: unknown) => RealPromise.reject(printable(reason)));
  define(Safe, 'name', 'Promise');
  define(Safe, 'prototype', RealPromise.prototype);
  define(Safe, 'constructor', shim);
  return Object.freeze(Safe) as unknown as PromiseConstructor;
}

function refuse(): never {
  throw new TypeError('code generation from strings is not allowed in a workflow script');
}

function define(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: false, configurable: false, enumerable: false });
}

function prototypeOf(value: unknown): object {
  return Object.getPrototypeOf(value) as object;
}
