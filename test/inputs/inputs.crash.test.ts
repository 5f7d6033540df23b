import { afterEach, describe, expect, it, vi } from 'vitest';
import { activitiesIn, dispatchedIn, historiesOf } from '../support/executions.ts';
import { Project } from '../support/odw.ts';
import { nodesIn } from './support.ts';

// Each test starts several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

let project: Project;
afterEach(() => project.remove());

const { started, labels, explain, reasons } = nodesIn(() => project);

describe('files that a node goes by', () => {
  it('EXPL-01 EXPL-02 KEY-03 KEY-05 an edit of one runs exactly the nodes again that name it, and an edit taken back costs nothing', async () => {
    project = new Project({
      'SPEC.md': 'one',
      'src/a.ts': 'a',
      'src/a.test.ts': 'test',
      'a.js': `const r = await parallel([
        () => agent('plan', { label: 'plan', inputs: ['SPEC.md'] }),
        () => agent('code', { label: 'code', inputs: ['src/**', '!**/*.test.ts'] }),
        () => agent('both', { label: 'both', id: 'both', inputs: ['*.md', 'src'] }),
        () => agent('none', { label: 'none', inputs: [] }),
      ]);
      return [...r, await agent('last', { label: 'last', inputs: 'SPEC.md' })].map(({ ok }) => ok);`,
    });
    const first = await project.odw(['exec', '--script', 'a.js', '--no-report']);
    expect(first.code, first.stderr).toBe(0);
    const id = first.runId as string;
    expect(started(id)[0]).toMatchObject({
      config: { inputs: ['SPEC.md'] },
      inputs: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, files: 1, bytes: 3 },
    });
    expect(started(id).find(({ label }) => label === 'none')).not.toHaveProperty('inputs');
    expect((await explain(id)).totals).toMatchObject({ reuse: 5, rerun: 0 });

    project.write('SPEC.md', 'two');
    expect(await reasons(id)).toEqual({ plan: 'INPUT_CHANGED', code: 'reuse', both: 'INPUT_CHANGED', none: 'reuse', last: 'INPUT_CHANGED' });
    const edited = await project.odw(['exec', '--resume', id, '--no-report']);
    expect(edited.code, edited.stderr).toBe(0);
    expect(labels(edited.runId as string).sort()).toEqual(['both', 'last', 'plan']);
    expect(project.run(edited.runId as string)).toMatchObject({ census: { ok: 3, cached: 2 } });
    // The results of before are kept, and all nodes are asked for.
    expect(await explain(edited.runId as string)).toMatchObject({ totals: { reuse: 5, rerun: 0 }, unused: [] });

    project.write('SPEC.md', 'one');
    const back = await project.odw(['exec', '--resume', edited.runId as string, '--no-report']);
    expect([back.code, labels(back.runId as string)]).toEqual([0, []]);

    project.write('src/a.test.ts', 'other test');
    project.write('README.md', 'new');
    expect(await reasons(back.runId as string)).toEqual({ plan: 'reuse', code: 'reuse', both: 'INPUT_CHANGED', none: 'reuse', last: 'reuse' });
  });

  it('EXPL-02 what cannot be hashed fails its node before anything is started, with the reason', async () => {
    project = new Project({
      'a.js': `const bad = [['SPEC.md'], ['../x'], [1], 7, ['/etc/hostname'], ['!a.js']];
      const r = await Promise.all(bad.map((inputs) => agent('p', { inputs, retry: { maxAttempts: 3 } })));
      const empty = await agent('empty', { inputs: ['docs/**'] });
      return [...r.map((one) => [one.error.category, one.error.retryable, one.error.message]), empty.ok];`,
    });
    const end = await project.odw(['exec', '--script', 'a.js', '--no-report', '--json-envelope']);
    expect(end.code, end.stderr).toBe(0);
    const { run_id: id, result } = JSON.parse(end.stdout) as { run_id: string; result: [string, boolean, string][] };
    const said = [
      /"SPEC\.md" is not there: the project \S+ has no such file/,
      /"\.\.\/x" lies outside of the project/,
      /inputs must be a list of paths and globs, such as .*, got \[1\]/,
      /inputs must be a list of paths and globs, such as .*, got 7/,
      /"\/etc\/hostname" lies outside of the project/,
      /all patterns begin with "!"/,
    ];
    for (const [n, pattern] of said.entries()) expect(result[n]).toEqual(['inputs_unreadable', false, expect.stringMatching(pattern)]);
    expect(result.at(-1)).toBe(true);
    expect(dispatchedIn(await historiesOf(id))).toHaveLength(1);
    const warnings = project.events(id).filter(({ message }) => String(message).includes('"docs/**" matches no file'));
    expect(warnings).toHaveLength(1);

    project.write('SPEC.md', 'now it is there');
    const explained = (await explain(id)).nodes;
    expect(explained.map(({ reason }) => reason)).toEqual([...Array<string>(6).fill('PREV_FAILED'), null]);
  });

  it('a node without files asks for nothing, and those that ask at once share one look', async () => {
    project = new Project({
      'SPEC.md': 'one',
      'a.js': `await Promise.all(Array.from({ length: 8 }, (_, n) => agent('with ' + n, { inputs: ['SPEC.md'] })));
      await Promise.all(Array.from({ length: 8 }, (_, n) => agent('without ' + n)));`,
    });
    const end = await project.odw(['exec', '--script', 'a.js', '--concurrency', '8', '--no-report']);
    const looks = activitiesIn(await historiesOf(end.runId as string), 'hashInputs');
    expect([end.code, looks.length]).toEqual([0, 1]);
  });
});
