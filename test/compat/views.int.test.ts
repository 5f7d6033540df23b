import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

let project: CompatProject;
afterEach(() => project.remove());

describe('doctor and report', () => {
  it('COMPAT-10 doctor lists every name and hands on what pandacode says', async () => {
    project = new CompatProject();
    const runtimes = { ok: true, claude: { ok: true }, codex: { ok: true }, bamboo: { ok: true, active: { provider: 'deepseek', note: 'as it came' } } };
    const path = project.write(
      'fake-pandacode',
      `#!/bin/sh\ncase "$1" in --version) echo pandacode 0.3.1;; doctor) cat <<'END'\n${JSON.stringify(runtimes)}\nEND\n;; *) exit 2;; esac\n`,
    );
    chmodSync(path, 0o755);
    const env = { DEEPSEEK_API_KEY: 'k', ZHIPU_API_KEY: undefined, PANDACODE_BAMBOO_API_KEY: undefined, ZAI_API_KEY: undefined };
    const human = await project.odw(['doctor', '--pandacode-bin', path], env);
    expect(human.code).toBe(0);
    for (const name of ['node', 'pandacode', 'codex', 'claude', 'bamboo', 'deepseek', 'kimi', 'qwen', 'zhipu', 'minimax', 'xiaomi', 'stepfun'])
      expect(human.stdout).toContain(name);
    expect(human.stdout).toContain('deepseek ✅');
    expect(human.stdout).toContain('zhipu ❌ set ZHIPU_API_KEY');
    const json = await project.odw(['doctor', '--pandacode-bin', path, '--json'], env);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout).runtimes.bamboo).toEqual(runtimes.bamboo);
  });

  it('COMPAT-13 the report has its literals, the resolved model shows, and no completion marker reaches a text', async () => {
    project = new CompatProject();
    const run = await project.runScript(
      `phase('Work');
       await agent('alpha task', { id: 'alpha', runtime: 'codex', model: 'gpt-5-codex', mockTokens: 10 });
       return await agent('beta task', { id: 'beta', mockResolvedModel: 'resolved-model', mockAgentText: 'the answer PANDACODE_DONE_12_345' })`,
    );
    expect(run.state['result']).toBe('the answer');
    expect(run.state['agents'].beta.model).toBe('resolved-model');
    expect(run.of('agent_done').find(({ key }) => key === 'beta')).toMatchObject({ model: 'resolved-model', result: 'the answer' });
    expect(JSON.stringify(run.events)).not.toMatch(/"result":"[^"]*PANDACODE_DONE/);

    const report = await project.odw(['report', '--run', run.id]);
    const path = report.stdout.trimEnd().split('\n').at(-1) as string;
    expect([report.code, path]).toEqual([0, join(project.dir, '.odw/runs', run.id, 'report.html')]);
    const html = readFileSync(path, 'utf8');
    for (const literal of ['flowchart TB', 'config (from code)', '"runtime":"codex"', '"model":"gpt-5-codex"', '"prompt":"alpha task"'])
      expect(html).toContain(literal);
  });
});
