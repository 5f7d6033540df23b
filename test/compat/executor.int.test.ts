import { afterEach, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

let project: CompatProject;
afterEach(() => project.remove());

describe('the executor', () => {
  it('COMPAT-08 reads reports: text, failures by exit code, categories, the last report of many lines', async () => {
    project = new CompatProject();
    const report = (last_agent_message: string) => ({ ok: true, state: 'completed', runtime: 'claude', last_agent_message });
    const fake = project.fake([
      { prompt: 'plain', lines: [report('just text')] },
      { prompt: 'exit with ok', lines: [report('says ok')], exit: 3 },
      { prompt: 'exit without ok', lines: [{ state: 'completed', runtime: 'claude', last_agent_message: 'no ok' }], exit: 1 },
      {
        prompt: 'limited',
        lines: [{ ok: false, state: 'failed', error: { category: 'codexctl_rate_limit', message: 'slow down', retryable: true } }],
        exit: 1,
      },
      { prompt: 'many lines', lines: [{ type: 'event', ok: true, state: 'running' }, report('an earlier event'), 'noise', report('the last one')] },
      { prompt: 'bamboo', lines: [{ ok: true, runtime: 'bamboo', state: 'completed', summary: { summary: 'in the summary' } }] },
    ]);
    const run = await project.runScript(
      `return await parallel(['plain', 'exit with ok', 'exit without ok', 'limited', 'many lines'].map((prompt) => () => agent(prompt))
         .concat(() => agent('bamboo', { runtime: 'bamboo', provider: 'deepseek' })))`,
      fake,
    );
    expect(run.state['result']).toEqual([
      'just text',
      expect.objectContaining({ ok: false, exit_code: 3 }),
      expect.objectContaining({ ok: false, exit_code: 1 }),
      expect.objectContaining({ ok: false, error: expect.objectContaining({ category: 'codexctl_rate_limit', message: 'slow down' }) }),
      'the last one',
      'in the summary',
    ]);
  });

  it('COMPAT-08 a mock object stays an object with a preview of its prompt', async () => {
    project = new CompatProject();
    const run = await project.runScript(`return await agent('what to do')`);
    expect(run.state['result']).toMatchObject({ ok: true, backend: 'mock', prompt_preview: 'what to do' });
  });

  it('COMPAT-09 bamboo nodes get their provider first, and model and effort; other runtimes refuse one', async () => {
    project = new CompatProject();
    const fake = project.fake([{ prompt: '', lines: [{ ok: true, runtime: 'bamboo', state: 'completed', last_agent_message: 'done' }] }]);
    const run = await project.runScript(
      `await agent('one', { runtime: 'bamboo', provider: 'deepseek', model: 'deepseek-v4-pro', effort: 'high' });
       await pandacode.bamboo('two', { provider: 'deepseek' });
       return await agent('three', { runtime: 'codex', provider: 'deepseek' })`,
      [...fake, '--effort', 'medium'],
    );
    const [one = [], two = []] = project.argv();
    for (const argv of [one, two]) expect(argv.slice(0, 4)).toEqual(['bamboo', 'exec', '--provider', 'deepseek']);
    expect(one.join(' ')).toContain(' --model deepseek-v4-pro --effort high');
    expect(two.join(' ')).toContain(' --effort medium');
    expect(project.argv()).toHaveLength(2);
    expect(run.state['result'].error).toMatchObject({
      category: 'workflow_agent_failed',
      message: 'provider is only supported for PandaCode Bamboo nodes; got runtime=codex',
    });
  });
});
