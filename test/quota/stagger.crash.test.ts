import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { startFakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { Project, startOdw } from '../support/odw.ts';
import { emptyHome } from '../support/pandacode.ts';
import { RefusingProject } from './support.ts';

vi.setConfig({ testTimeout: 150_000 });

let project: Project;
afterEach(() => project.remove());

it('RATE-04 like nodes start when the first of them has its first output, a different one at once', async () => {
  const script = `return await parallel([1, 2, 3, 4].map((i) => () => agent('n' + i, { runtime: 'bamboo', provider: 'staggered' })).concat([() => agent('other', { runtime: 'bamboo', provider: 'staggered', model: 'opus' })]))`;
  const refusing = new RefusingProject(script, { answersAfterMs: 1500, workMs: 8000 });
  project = refusing;
  const flags = ['--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--concurrency', '8', '--prefix-stagger-ms', '60000'];
  const end = await startOdw(['exec', ...flags], { cwd: refusing.dir, env: { ...refusing.env, ODW_EXECUTOR_FEATURES: 'dispatch-id,events-file' } }).end;
  expect([end.code, end.stderr]).toEqual([0, '']);
  expect(project.run(end.runId!)).toMatchObject({ prefix_stagger_ms: 60_000 });
  const calls = refusing.calls();
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

it('RATE-04 the shipped executor tells of its first answer by its events', async () => {
  const fake = await startFakeLlm({ delay: 50 });
  const task = (n: number) => `Task ${n}. <fake-llm>${JSON.stringify({ turns: [{ text: `answer ${n} ${'.'.repeat(200)}` }] })}</fake-llm>`;
  project = new Project({
    'a.js': `return (await parallel(${JSON.stringify([1, 2, 3].map(task))}.map((text) => () => agent(text, { runtime: 'bamboo', provider: 'deepseek' })))).length`,
  });
  try {
    const env = { HOME: emptyHome(), DEEPSEEK_API_KEY: 'sk-test-stagger-0123456789', DEEPSEEK_BASE_URL: fake.url };
    const end = await startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--prefix-stagger-ms', '60000'], { cwd: project.dir, env }).end;
    expect([end.code, project.state(end.runId!).result]).toEqual([0, 3]);
    const nodes = join(project.runDir(end.runId!), 'nodes');
    const told = readdirSync(nodes)
      .map((name) =>
        readFileSync(join(nodes, name, 'events.jsonl'), 'utf8')
          .trim()
          .split('\n'),
      )
      .map((lines) => lines.map((line) => JSON.parse(line) as { ts_ms: number; type: string }))
      .sort(([a], [b]) => a!.ts_ms - b!.ts_ms);
    expect(told).toHaveLength(3);
    const answered = told[0]!.find(({ type }) => type === 'model.completed' || type === 'message')!;
    for (const [start] of told.slice(1)) expect(start!.ts_ms).toBeGreaterThanOrEqual(answered.ts_ms);
  } finally {
    await fake.close();
  }
});
