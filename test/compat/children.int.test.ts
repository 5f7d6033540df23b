import { afterAll, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

const project = new CompatProject();
afterAll(() => project.remove());

describe('workflow()', () => {
  it('COMPAT-04 shares the budget, passes args, resolves names, and goes one level deep', async () => {
    project.write('.claude/workflows/odw-named.js', `await agent('child', { mockTokens: 40 }); return { got: args.word, spent: budget.spent() }`);
    project.write('deep.js', `return await workflow('named')`);
    const run = await project.runScript(
      `export const meta = { name: 'parent', whenToUse: 'when two levels are wanted' };
       await agent('parent', { mockTokens: 60 });
       const named = await workflow('named', { word: 'hello' });
       let deep; try { await workflow('./deep.js') } catch (error) { deep = error.message }
       let missing; try { await workflow('nowhere') } catch (error) { missing = error.message }
       return { named, deep, missing, spent: budget.spent() }`,
    );
    expect(run.code).toBe(0);
    expect(run.state['result']).toEqual({
      named: { got: 'hello', spent: 100 },
      deep: 'nested workflow() is 1-level only; a sub-workflow may not call workflow()',
      missing: expect.stringMatching(/^workflow "nowhere" not found \(looked in: .*nowhere\.js.*odw-nowhere\.js/),
      spent: 100,
    });
    expect(run.of('workflow_start')[0]).toMatchObject({ name: 'parent', whenToUse: 'when two levels are wanted' });
    expect(run.of('workflow_call_start').map((event) => event['path'])).toEqual([
      expect.stringContaining('.claude/workflows/odw-named.js'),
      expect.stringContaining('deep.js'),
    ]);
    expect(run.of('workflow_call_done').map((event) => event['ok'])).toEqual([true, false]);
  });

  it('COMPAT-04 whenToUse is null when the script has none', async () => {
    const run = await project.runScript(`return 1`);
    expect(run.of('workflow_start')[0]?.['whenToUse']).toBeNull();
  });
});
