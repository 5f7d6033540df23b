import { afterEach, expect, it, vi } from 'vitest';
import { startOdw } from '../support/odw.ts';
import { RefusingProject } from './support.ts';

vi.setConfig({ testTimeout: 150_000 });

let project: RefusingProject;
afterEach(() => project.remove());

it('RATE-04 like nodes start when the first of them has its first output, a different one at once', async () => {
  const script = `return await parallel([1, 2, 3, 4].map((i) => () => agent('n' + i)).concat([() => agent('other', { model: 'opus' })]))`;
  project = new RefusingProject(script, { answersAfterMs: 1500, workMs: 8000 });
  const flags = ['--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--concurrency', '8', '--prefix-stagger-ms', '60000'];
  const end = await startOdw(['exec', ...flags], { cwd: project.dir, env: { ...project.env, ODW_EXECUTOR_FEATURES: 'dispatch-id,events-file' } }).end;
  expect([end.code, end.stderr]).toEqual([0, '']);
  expect(project.run(end.runId!)).toMatchObject({ prefix_stagger_ms: 60_000 });
  const calls = project.calls();
  const like = calls.filter(({ prompt }) => /^n\d/.test(prompt)).sort((a, b) => a.startMs - b.startMs);
  expect(like).toHaveLength(4);
  const [first, ...rest] = like;
  for (const { startMs } of rest) {
    expect(startMs - first!.startMs).toBeGreaterThanOrEqual(1500);
    expect(startMs).toBeLessThan(first!.endMs!);
  }
  const other = calls.find(({ prompt }) => prompt === 'other');
  expect(other!.startMs).toBeLessThan(rest[0]!.startMs);
});
