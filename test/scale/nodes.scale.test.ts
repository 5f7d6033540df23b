import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

// One call takes at most 4,096 items, so two groups share the run's width.
const script = `const half = (group) => () => parallel(Array.from({ length: 2500 }, (_, i) => () => agent(\`node \${group} \${i}\`, { mockTokens: 1 })));
const nodes = (await parallel([half(0), half(1)])).flat();
return { ok: nodes.filter((node) => node?.ok).length, spent: budget.spent() };`;

const project = new Project({ 'big.js': script });
afterAll(() => project.remove());

it('AGENT-09 5,000 nodes, 64 at once, complete through the built command; one more is one too many', async () => {
  const flags = ['--max-agents', '5000', '--concurrency', '64'];
  const end = await project.odw(['exec', '--script', 'big.js', ...flags, '--json-envelope']);
  expect([end.code, end.stderr]).toEqual([0, '']);
  const { run_id: id, result, status } = JSON.parse(end.stdout) as { run_id: string; result: unknown; status: string };
  expect([status, result]).toEqual(['completed', { ok: 5000, spent: 5000 }]);

  const count = (type: string) => project.events(id).filter((event) => event['type'] === type).length;
  expect([count('agent_start'), count('agent_done')]).toEqual([5000, 5000]);
  const seqs = project.records(id).map((record) => record['seq']);
  expect(seqs).toEqual(seqs.map((_, n) => n));
  expect(Object.keys(project.state(id).agents)).toHaveLength(5000);
  expect(project.run(id)).toMatchObject({ status: 'completed', census: { ok: 5000, failed: 0 } });
  expect(statSync(join(project.runDir(id), 'report.html')).size).toBeGreaterThan(1_000_000);
  expect(readFileSync(join(project.runDir(id), 'report.html'), 'utf8')).toContain('node 1 2499');

  // Everything is reused; the one new node is the 5,001st call, but the first that is launched.
  project.write('big.js', script.replace('return {', `const extra = await agent('one more'); return { extra: extra.ok,`));
  const again = await project.odw(['exec', '--resume', id, '--json', '--no-report']);
  expect([again.code, JSON.parse(again.stdout)]).toEqual([0, { extra: true, ok: 5000, spent: 5000 }]);
  project.write('more.js', script.replace('return {', `await agent('one more'); return {`));
  const over = await project.odw(['exec', '--script', 'more.js', ...flags, '--no-report']);
  expect([over.code, over.stdout]).toEqual([1, expect.stringContaining('workflow exceeded the 5000-agent runaway backstop') as string]);
});
