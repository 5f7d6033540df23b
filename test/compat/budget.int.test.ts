import { afterEach, describe, expect, it } from 'vitest';
import { CompatProject, type SeenRun } from './harness.ts';

let project: CompatProject;
afterEach(() => project.remove());

const logs = (run: SeenRun) => run.of('log').map((event) => event['message']);

describe('budget', () => {
  it('COMPAT-03 counts down, stops the third node, and keeps the sum over a resume', async () => {
    project = new CompatProject();
    const source = `const show = () => log(budget.spent() + '/' + budget.remaining());
      show(); await agent('one', { mockTokens: 1000 }); show(); await agent('two', { mockTokens: 1000 }); show(); await agent('three', { mockTokens: 1000 });`;
    const run = await project.runScript(source, ['--input', '{"budget":{"total":1500}}']);
    expect(logs(run)).toEqual(['0/1500', '1000/500', '2000/0']);
    expect(run.code).not.toBe(0);
    expect(run.stdout).toContain('budget exhausted: spent 2000 >= total 1500');
    expect(run.state['error'].message).toContain('workflow budget exhausted: spent 2000 >= total 1500 tokens');

    const again = await project.exec(['--resume', run.id]);
    expect(again.of('agent_skip')).toHaveLength(2);
    expect(again.of('agent_start')).toHaveLength(0);
    expect(again.state['budget']).toMatchObject({ total: 1500, spent: 2000 });
  });

  it('COMPAT-03 a node without usage makes the sum approximate; attempts add up; without a total Infinity remains', async () => {
    project = new CompatProject();
    const approx = await project.runScript(`await agent('no usage'); log(\`left \${budget.remaining()}\`, budget.remaining()); return 1`);
    expect(approx.state['budget']).toMatchObject({ total: null, spent: 0, approx: true });
    expect(logs(approx)).toEqual(['left Infinity Infinity']);
    const three = await project.runScript(`return await agent('x', { mockFail: true, mockRetryable: true, mockTokens: 100, maxAttempts: 3 })`);
    expect(three.of('agent_start')).toHaveLength(3);
    expect(three.state['budget'].spent).toBe(300);
  });

  it('COMPAT-03 the usage of a bamboo report counts and is no approximation', async () => {
    project = new CompatProject();
    const report = { ok: true, runtime: 'bamboo', state: 'completed', summary: { summary: 'did it', usage: { total_tokens: 123 } } };
    const fake = project.fake([{ prompt: 'work', lines: [report] }]);
    const run = await project.runScript(`return await agent('work', { runtime: 'bamboo', provider: 'deepseek' })`, fake);
    expect(run.state['budget'].spent).toBe(123);
    expect(run.state['budget'].approx ?? false).toBe(false);
  });
});
