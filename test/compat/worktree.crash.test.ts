import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CompatProject, type SeenRun } from './harness.ts';

let project: CompatProject;
afterEach(() => project.remove());

/** No registration in git but the project's own, and no directory, neither of a tree nor of the run's trees. */
function nothingLeft(run: SeenRun): void {
  const listed = execFileSync('git', ['worktree', 'list', '--porcelain'], { cwd: project.dir, encoding: 'utf8' });
  expect(listed.match(/^worktree /gm)).toHaveLength(1);
  for (const { dir } of run.of('worktree_start')) expect([dir, existsSync(dir as string), existsSync(dirname(dir as string))]).toEqual([dir, false, false]);
  const own = join(project.dir, '.odw/runs', run.id, 'worktrees');
  expect(existsSync(own) ? readdirSync(own) : []).toEqual([]);
}

describe('isolation: worktree', () => {
  it('COMPAT-02 three nodes side by side: an unchanged, a changed and a failed one', async () => {
    project = new CompatProject({ 'readme.txt': 'hello\n' }).git();
    const run = await project.runScript(`return await parallel([
      { prompt: 'a', label: 'plain', isolation: 'worktree' },
      { prompt: 'b', label: 'writes', isolation: 'worktree', mockWriteFile: 'note.txt' },
      { prompt: 'c', label: 'fails', isolation: 'worktree', mockFail: true },
    ])`);
    expect([run.of('worktree_start').length, run.of('worktree_done').length]).toEqual([3, 3]);
    const done = (label: string) => run.of('worktree_done').find((event) => event['label'] === label);
    expect(done('plain')).toMatchObject({ changed: false, files: 0 });
    expect(done('writes')).toMatchObject({ changed: true, files: 1 });
    const [plain, writes, fails] = run.state['result'];
    expect(plain.worktree).toMatchObject({ changed: false, files: [] });
    expect(writes.worktree).toMatchObject({ changed: true, files: ['note.txt'], diff: expect.stringContaining('note.txt') });
    expect(fails).toMatchObject({ ok: false, error: { category: 'mock_failed' } });
    nothingLeft(run);
  });

  it('COMPAT-02 executor nodes return exactly text and worktree, changed or not, and leave nothing when they fail', async () => {
    project = new CompatProject({ 'readme.txt': 'hello\n' });
    const text = (last_agent_message: string) => ({ ok: true, state: 'completed', runtime: 'claude', last_agent_message });
    const fake = project.fake([
      { prompt: 'look', lines: [text('looked')] },
      { prompt: 'write', lines: [text('wrote')], writes: 'made.txt' },
      { prompt: 'break', lines: [{ ok: false, state: 'failed', error: { category: 'blocked', message: 'no', retryable: false } }], exit: 1 },
    ]);
    project.git();
    const run = await project.runScript(
      `return await parallel(['look', 'write', 'break'].map((prompt) => ({ prompt, label: prompt, isolation: 'worktree' })))`,
      fake,
    );
    const [looked, wrote, broke] = run.state['result'];
    expect(Object.keys(looked).sort().join()).toBe('text,worktree');
    expect(Object.keys(wrote).sort().join()).toBe('text,worktree');
    expect([looked.text, looked.worktree.changed, wrote.text, wrote.worktree.files]).toEqual(['looked', false, 'wrote', ['made.txt']]);
    expect(broke).toMatchObject({ ok: false, error: { category: 'blocked' } });
    expect(run.of('worktree_done')).toHaveLength(3);
    nothingLeft(run);
  });

  it('COMPAT-02 outside of git the node fails and says so', async () => {
    project = new CompatProject();
    const run = await project.runScript(`return await agent('x', { isolation: 'worktree' })`);
    expect(run.code).toBe(1);
    expect(run.state['result']).toMatchObject({ ok: false, error: { message: expect.stringMatching(/requires .* to be a git repository/) } });
  });
});
