import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CompatProject } from '../compat/harness.ts';
import { activitiesIn, dispatchedIn, historiesOf } from '../support/executions.ts';

// Each test starts several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

let project: CompatProject;
afterEach(() => project.remove());
const projectOf = (files: Record<string, string>) => (project = new CompatProject(files));

describe('skills', () => {
  it('SKILL-01 SKILL-03 an unknown id fails its node before anything is started, and each skill is read once', async () => {
    projectOf({ '.odw/skills/house.md': 'Be brief.' });
    const run = await project.runScript(
      `const bad = [['gone'], ['house', 'gone'], ['../x'], [1]];
       const r = await Promise.all(bad.map((skills) => agent('p', { skills, retry: { maxAttempts: 3 } })));
       const fine = await Promise.all([1, 2, 3].map((n) => agent('fine ' + n, { skills: ['house'] })));
       return [...r.map((one) => [one.error.category, one.error.retryable, one.error.message]), fine.map((one) => one.prompt_preview)];`,
      ['--no-report'],
    );
    expect(run.code, run.stderr).toBe(0);
    const result = run.state['result'] as [string, boolean, string][];
    const unknown =
      /^SKILL_UNKNOWN: there is no skill "gone"\. Looked for \S+gone\.md and \S+gone\.md, and among the built-in ones\. Known are: .*house, .*no-casts/;
    for (const [n, said] of [unknown, unknown, /got \["\.\.\/x"\]/, /got \[1\]/].entries())
      expect(result[n]).toEqual(['skill_unknown', false, expect.stringMatching(said)]);
    expect(result.at(-1)).toEqual(['fine 1', 'fine 2', 'fine 3']);
    const histories = await historiesOf(run.id);
    expect([dispatchedIn(histories).length, activitiesIn(histories, 'loadSkill').length]).toEqual([3, 2]);

    const refused = await project.runScript("export const meta = { name: 'x', skills: ['no casts'] };\nreturn 1;");
    expect([refused.code, refused.of('workflow_start')]).toEqual([1, []]);
    expect(refused.of('workflow_error')[0]).toMatchObject({ message: expect.stringContaining('meta.skills must be a list of ids') as string });
    const computed = await project.runScript("const skills = ['no casts'];\nexport const meta = { name: 'x', skills };\nreturn await agent('p');", [
      '--no-report',
    ]);
    expect(computed.code).toBe(1);
    expect(computed.of('workflow_error')[0]).toMatchObject({ message: expect.stringContaining('meta.skills must be a list of ids') as string });
    expect(computed.of('agent_start')).toEqual([]);
  });

  it('SKILL-01 those of a computed meta hold for all nodes; a child has its own, and a script without any asks for nothing', async () => {
    projectOf({ 'child.js': "export const meta = { name: 'child', skills: ['no-casts'] };\nreturn await agent('below');" });
    const run = await project.runScript(
      `const skills = ['minimal-diff'];
       export const meta = { name: 'x', skills };
       return [await agent('above'), await workflow('./child.js')];`,
      ['--no-report'],
    );
    expect(run.code, run.stderr).toBe(0);
    const config = (event: Record<string, unknown>) => event['config'] as { skills?: string[] };
    expect(run.of('agent_start').map((event) => config(event).skills)).toEqual([['minimal-diff'], ['no-casts']]);
    const plain = await project.runScript("return await agent('p', { skills: [] });", ['--no-report']);
    expect(activitiesIn(await historiesOf(plain.id), 'loadSkill')).toEqual([]);
    expect(plain.of('agent_start')[0]).not.toHaveProperty('skills');
  });

  it('SKILL-03 odw skills list and show tell them, with --json as one object; an unknown id ends with 1 and the known ones', async () => {
    projectOf({ '.odw/skills/house.md': '# House rules\nBe brief.\n', '.odw/skills/no-casts.md': '' });
    const listed = await project.odw(['skills', 'list']);
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringMatching(/^house +project +House rules$/m)]);
    expect(listed.stdout).toMatch(/^minimal-diff +built-in +\S.*$/m);
    expect(listed.stdout).toMatch(/^no-casts +unusable +.*it is empty$/m);
    const { skills } = JSON.parse((await project.odw(['skills', 'list', '--json'])).stdout) as { skills: object[] };
    expect(skills).toContainEqual({ id: 'house', from: 'project', path: join(project.dir, '.odw/skills/house.md'), first_line: 'House rules' });

    expect((await project.odw(['skills', 'show', 'house'])).stdout).toBe('# House rules\nBe brief.\n');
    expect(JSON.parse((await project.odw(['skills', 'show', 'test-driven', '--json'])).stdout)).toMatchObject({ id: 'test-driven', from: 'built-in' });
    const unknown = await project.odw(['skills', 'show', 'hous', '--json']);
    expect([unknown.code, JSON.parse(unknown.stdout)]).toMatchObject([
      1,
      { ok: false, code: 'SKILL_UNKNOWN', message: expect.stringContaining('house') as string },
    ]);
    expect((await project.odw(['skills', 'show', 'no-casts'])).stderr).toMatch(/Error: the skill "no-casts" cannot be read: .*it is empty/);
  });
});
