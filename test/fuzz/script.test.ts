import { expect, it } from 'vitest';
import { compiledScript } from '../../schemas/script.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { compileScript } from '../../src/script/compile.ts';
import { internalNames } from '../../src/script/names.ts';
import { fuzz, type Random } from './random.ts';
import { scriptText } from './script-text.ts';

const seen = { compiled: 0, refused: 0 };

async function compileOne(random: Random): Promise<void> {
  const source = scriptText(random);
  const path = random.chance(0.03) ? 'a.ts' : 'a.js';
  try {
    const script = await compileScript({ path, source });
    seen.compiled++;
    expect(compiledScript.safeParse(script).success, source).toBe(true);
    // What was accepted must be one function for the engine too.
    expect(
      () => new Function(internalNames.guard, internalNames.meta, 'input', `return async function script() {"use strict";\n${script.body}\n}`),
      source,
    ).not.toThrow();
  } catch (error) {
    if (!isOdwError(error)) throw new Error(`crashed on ${JSON.stringify(source)}: ${String(error)}`, { cause: error });
    seen.refused++;
    expect(error.message, source).toMatch(/^a\.[jt]s:\d+:\d+: |must export a default function/);
  }
}

it('SCR-03 SCR-05 10,000 generated scripts either compile or end with an OdwError', { timeout: 120_000 }, async () => {
  expect(await fuzz(10_000, 55_000, compileOne)).toBe(10_000);
  expect(seen.compiled).toBeGreaterThan(300);
  expect(seen.refused).toBeGreaterThan(300);
});
