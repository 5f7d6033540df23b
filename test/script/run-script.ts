import { compileScript } from '../../src/script/compile.ts';
import { internalNames } from '../../src/script/names.ts';
import type { CompiledScript } from '../../schemas/script.ts';

export const sourceUrl = 'odw-script.js';
export const wrapperLines = 3;

export interface Started {
  script: CompiledScript;
  result: Promise<unknown>;
  /** Sum of the weights of all guard calls so far. */
  weight(): number;
  metas: unknown[];
}

/** Compiles a script and starts it in this process, the way the interpreter does but without its locks. */
export async function startScript(source: string, input: unknown = null, path = '/project/audit.js', guardLimit = 100_000): Promise<Started> {
  const script = await compileScript({ path, source });
  let weight = 0;
  const metas: unknown[] = [];
  const globals: Record<string, unknown> = {
    args: input,
    input,
    agent: (prompt: unknown) => Promise.resolve(`did ${String(prompt)}`),
    check: 'the check of odw',
    std: 'the library of odw',
    [internalNames.meta]: (value: unknown) => metas.push(value),
    [internalNames.thrown]: (value: unknown) => value,
    [internalNames.guard]: (by: number) => {
      weight += by;
      if (weight > guardLimit) throw new Error('the guard ended it');
    },
  };
  const wrapped = `return async function script() {"use strict";\n${script.body}\n}\n//# sourceURL=${sourceUrl}`;
  const make = new Function(...Object.keys(globals), wrapped) as (...values: unknown[]) => () => Promise<unknown>;
  const result = make(...Object.values(globals))();
  result.catch(() => {});
  return { script, result, weight: () => weight, metas };
}

/** The result of a script, see {@link startScript}. */
export async function runScript(source: string, input: unknown = null, path?: string): Promise<unknown> {
  return (await startScript(source, input, path)).result;
}
