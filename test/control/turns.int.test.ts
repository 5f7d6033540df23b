import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { Project } from '../support/odw.ts';
import { emptyHome } from '../support/pandacode.ts';

let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

function projectOf(files: Record<string, string>): Project {
  const project = new Project(files);
  closers.push(() => project.remove());
  return project;
}

describe('turns of a node', () => {
  it('LIMIT-01 maxTurns ends an agent of the shipped executor that does not stop by itself; others have as many as before', async () => {
    const fake = await startFakeLlm();
    closers.push(() => fake.close());
    const task = (turns: object[]) => JSON.stringify(`Work. <fake-llm>${JSON.stringify({ turns })}</fake-llm>`);
    const endless = task([{ bash: 'date +%N' }]);
    const four = task([{ bash: 'true' }, { bash: 'true' }, { bash: 'true' }, { text: 'done' }]);
    const bamboo = `runtime: 'bamboo', provider: 'deepseek'`;
    const project = projectOf({
      'a.js': `const stuck = await agent(${endless}, { ${bamboo}, maxTurns: 3 });
        return [stuck.error.category, await agent(${four}, { ${bamboo}, maxTurns: 9 })]`,
    });
    const env = { HOME: emptyHome(), DEEPSEEK_API_KEY: `sk-test-${process.pid}-turns-0123456789`, DEEPSEEK_BASE_URL: fake.url };
    const end = await project.odw(['exec', '--script', 'a.js', '--backend', 'pandacode'], env);
    expect([end.code, project.state(end.runId as string).result]).toEqual([0, ['max_turns', 'done']]);
    expect(end.stdout).not.toContain('maxTurns has no effect');
  }, 240_000);

  it('LIMIT-01 EXEC-18 an executor that does not say that it counts turns is not told, and the run says so once', async () => {
    const project = projectOf({
      'a.js': `return (await parallel([1, 2].map((n) => () => agent('work ' + n, { maxTurns: 2 })))).join(' ')`,
      executor: `#!/bin/sh\ncase "$*" in *max-steps*) said=told ;; *) said=untold ;; esac\necho "{\\"ok\\":true,\\"state\\":\\"completed\\",\\"last_agent_message\\":\\"$said\\"}"\n`,
    });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const flags = ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor'];
    const silent = await project.odw(flags);
    expect(project.state(silent.runId as string).result).toBe('untold untold');
    expect(silent.stdout.match(/warning: maxTurns has no effect: \S+executor does not say in ODW_EXECUTOR_FEATURES that it knows --max-steps/g)).toHaveLength(
      1,
    );
    const announced = await project.odw(flags, { ODW_EXECUTOR_FEATURES: '--max-steps' });
    expect(project.state(announced.runId as string).result).toBe('told told');
    expect(announced.stdout).not.toContain('maxTurns has no effect');
  }, 240_000);
});
