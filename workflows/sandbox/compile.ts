import type { CompiledScript } from '../../schemas/script.ts';
import { internalNames } from '../../src/script/names.ts';
import { guardedDate, guardedMath, guardIntl } from './clock.ts';
import { guardTurn } from './guard.ts';
import { hiddenNames } from './hidden.ts';
import { lockSandbox } from './lock.ts';
import { printable } from './printable.ts';

/** Lines that the wrapper puts above a script's first line; `Function` itself adds two. */
export const wrapperLines = 3;

/** The name under which the run's own script appears in stack traces. */
export const scriptSourceUrl = 'odw-script.js';

interface Intrinsics {
  names: string[];
  values: unknown[];
  compile: FunctionConstructor;
}

let intrinsics: Intrinsics | undefined;

function prepare(): Intrinsics {
  if (intrinsics) return intrinsics;
  const hidden = hiddenNames();
  const guarded = { Date: guardedDate(), Math: guardedMath() };
  guardIntl();
  const { compile, SafePromise } = lockSandbox();
  const shadows: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of hidden) shadows[name] = undefined;
  Object.assign(shadows, guarded, { Promise: SafePromise, [internalNames.guard]: guardTurn, [internalNames.thrown]: printable });
  intrinsics = { names: Object.keys(shadows), values: Object.values(shadows), compile };
  return intrinsics;
}

/**
 * Compiles a script in the locked sandbox.
 *
 * @param globals the dialect's names; a script may declare any of them itself (DIAL-04)
 * @returns a function that runs the script once
 */
export function compileInSandbox(script: CompiledScript, globals: Record<string, unknown>, sourceUrl: string): () => Promise<unknown> {
  const { names, values, compile } = prepare();
  const own = Object.keys(globals);
  const kept = names.flatMap((name, i) => (own.includes(name) ? [] : [{ name, value: values[i] }]));
  // The outer function is sloppy because only there a parameter may be called `eval`; the script itself is strict.
  const make = new compile(...kept.map((k) => k.name), ...own, `return async function script() {"use strict";\n${script.body}\n}\n//# sourceURL=${sourceUrl}`);
  return (make as (...args: unknown[]) => () => Promise<unknown>)(...kept.map((k) => k.value), ...own.map((name) => globals[name]));
}
