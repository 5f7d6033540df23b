import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CompatProject } from '../compat/harness.ts';

// The test starts several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

let project: CompatProject;
afterEach(() => project.remove());

const started = (runId: string) => project.events(runId).filter(({ type }) => type === 'agent_start');
const labels = (runId: string) => started(runId).map(({ label }) => label);
interface Explained {
  nodes: { label: string; decision: string; reason: string | null; skills?: string[] }[];
}
const explain = async (runId: string, ...flags: string[]) => {
  const { code, stdout, stderr } = await project.odw(['exec', '--resume', runId, '--explain', ...flags]);
  expect(code, stderr).toBe(0);
  return stdout;
};
const reasons = async (runId: string) =>
  Object.fromEntries(
    (JSON.parse(await explain(runId, '--json')) as Explained).nodes.map(({ label, decision, reason, skills }) => [label, skills ?? reason ?? decision]),
  );

const script = (skills: string) => `export const meta = { name: 'rules', skills: ['house'] };
  return [
    await agent('one', { label: 'one' }),
    await agent('two', { label: 'two', skills: ${skills} }),
    await agent('three', { label: 'three', skills: ['house'], retry: { maxAttempts: 2 } }),
  ].map((one) => typeof one);`;

describe('an edited skill', () => {
  it('SKILL-02 SKILL-03 EXPL-01 EXPL-02 the executor gets their texts, and an edited one runs exactly its nodes again', async () => {
    project = new CompatProject({
      '.odw/skills/house.md': '# House rules\nBe brief.\n',
      '.odw/skills/extra.md': 'Say please.',
      'script.js': script("['extra', 'house', 'minimal-diff']"),
    });
    const fake = project.fake([{ prompt: '', lines: [{ ok: true, state: 'completed', last_agent_message: 'done' }] }]);
    const first = await project.exec(['--script', 'script.js', '--no-report', ...fake]);
    expect(first.code, first.stderr).toBe(0);

    const prompts = project.argv().map((argv) => readFileSync(argv[argv.indexOf('--task-file') + 1] as string, 'utf8'));
    expect(prompts[0]).toMatch(/^one\n\nODW skills: .+\n\n\[skill: house\]\n# House rules\nBe brief\.$/);
    expect(prompts[1]!.match(/^\[skill: .*\]$/gm)).toEqual(['[skill: house]', '[skill: extra]', '[skill: minimal-diff]']);
    expect(prompts[2]!.match(/^\[skill: .*\]$/gm)).toEqual(['[skill: house]']);
    // The journal has the script's own prompt, and names the skills.
    expect(started(first.id)[1]).toMatchObject({
      promptPreview: 'two',
      config: { skills: ['house', 'extra', 'minimal-diff'] },
      skills: [
        { id: 'house', from: 'project', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
        { id: 'extra', from: 'project' },
        { id: 'minimal-diff', from: 'built-in' },
      ],
    });
    expect(await reasons(first.id)).toEqual({ one: 'reuse', two: 'reuse', three: 'reuse' });

    project.write('.odw/skills/extra.md', 'Say thanks.');
    expect(await reasons(first.id)).toEqual({ one: 'reuse', two: ['extra edited'], three: 'reuse' });
    expect(await explain(first.id)).toMatch(/↻ two +rerun +SKILL_CHANGED \(extra edited\)/);
    const second = await project.exec(['--resume', first.id, '--no-report']);
    expect([second.code, labels(second.id)]).toEqual([0, ['two']]);
    expect(await reasons(second.id)).toEqual({ one: 'reuse', two: 'reuse', three: 'reuse' });

    project.write('script.js', script("['extra', 'no-casts']"));
    expect(await reasons(second.id)).toEqual({ one: 'reuse', two: ['no-casts added', 'minimal-diff removed'], three: 'reuse' });
    project.write('.odw/skills/house.md', '# House rules\nBe kind.\n');
    expect(await reasons(second.id)).toMatchObject({ one: ['house edited'], two: ['house edited', 'no-casts added', 'minimal-diff removed'] });
  });
});
