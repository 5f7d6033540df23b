import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapes } from '../script/escapes.ts';
import { Interpreter } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

describe('DET-06 no known route leads out of the sandbox', () => {
  it.each(escapes.filter((escape) => escape.stoppedAt === 'run'))('$name', async ({ source }) => {
    const run = await interpreter.run(source);
    // No result at all is what a function or symbol comes to (RET-01).
    if (run.status === 'completed') expect(run.result ?? 'held').toBe('held');
    else expect(`${run.status}: ${run.error}`).not.toMatch(/escaped/);
    // The worker still lives and serves the next run.
    expect((await interpreter.run(`return await agent('still here')`)).result).toBe('still here');
  });
});
