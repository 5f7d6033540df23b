import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { Project } from '../support/odw.ts';

// Each starts several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

let project: Project;
afterEach(() => project.remove());

const script = (
  first: string,
  more = '',
) => `const a = await agent('${first}', { label: 'first', mockAgentText: 'answer to ${first}', schema: { type: 'object' }, mockValue: { said: 'answer to ${first}' } });
await agent('sum up ' + a.said, { label: 'sum' });
await agent('fails', { label: 'fails', mockFail: true });
await agent('alone', { label: 'alone' });
${more}`;

it('EXPL-01 odw resume RUN --explain tells a changed prompt, what comes of it, a failed, an asked and a new node apart, and starts nothing', async () => {
  project = new Project({ 'a.js': script('one') });
  const first = await project.odw(['exec', '--script', 'a.js', '--no-report']);
  expect(first.code, first.stderr).toBe(0);
  const id = first.runId as string;
  project.write('a.js', script('two', `await agent('new', { label: 'new' });`));
  const told = await project.odw(['resume', id, '--explain', '--json', '--rerun', 'alone']);
  expect(told.code, told.stderr).toBe(0);
  const { nodes } = JSON.parse(told.stdout) as { nodes: { label: string; decision: string; reason: string | null }[] };
  expect(nodes.map(({ label, decision, reason }) => [label, decision, reason])).toEqual([
    ['first', 'rerun', expect.stringMatching(/^(PROMPT|OPTION)_CHANGED$/)],
    ['sum', 'unknown', 'UPSTREAM_CHANGED'],
    ['fails', 'rerun', 'PREV_FAILED'],
    ['alone', 'rerun', 'ASKED'],
    ['new', 'rerun', 'NEW'],
  ]);
  // The run that is explained stays the only one.
  const list = await project.odw(['runs', 'list', '--json']);
  expect((JSON.parse(list.stdout) as { runs?: unknown[] }).runs ?? JSON.parse(list.stdout)).toHaveLength(1);
});

it('CLI-12 odw resume is told apart from a run that does not exist, in the shape of exec', async () => {
  project = new Project();
  const missing = await project.odw(['resume', 'nothing', '--json']);
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.stdout)).toMatchObject({ ok: false, run_id: null, error: { category: 'run-not-found' } });
  const without = await project.odw(['resume', '--json']);
  expect([without.code, JSON.parse(without.stdout)]).toMatchObject([2, { ok: false, run_id: null }]);
});

it('RES-05 a script that is gone is replaced by the copy that the run kept, and a line says so', async () => {
  project = new Project({ 'a.js': `return (await agent('one', { label: 'one' })).ok` });
  const first = await project.odw(['exec', '--script', 'a.js', '--no-report']);
  rmSync(join(project.dir, 'a.js'));
  const again = await project.odw(['exec', '--resume', first.runId as string, '--no-report']);
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/skip .*\/ one \//) as string]);
  expect(again.stderr).toContain(`the script ${join(project.dir, 'a.js')} is gone: the copy is used that the run kept of it`);
});
