import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
beforeEach(() => {
  project = new Project({ 'a.txt': 'a\n' }).git();
});
afterEach(() => project.remove());

const git = (...args: string[]) => execFileSync('git', args, { cwd: project.dir, encoding: 'utf8', stdio: 'pipe' }).trim();

async function resultOf(options: string): Promise<Record<string, never>> {
  const script = project.write('one.js', `return await agent('x', { isolation: 'worktree', mockWriteFile: 'made.txt', ${options} });`);
  const end = await project.odw(['exec', '--script', script, '--json']);
  expect(end.stderr).toBe('');
  return JSON.parse(end.stdout) as Record<string, never>;
}

describe('worktreeBase', () => {
  it('DIAL-14 fresh: the base is what origin had when it was fetched, and the result records it', async () => {
    const fetched = git('rev-parse', 'HEAD');
    git('update-ref', 'refs/remotes/origin/main', fetched);
    git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '--allow-empty', '-m', 'not pushed');
    expect(await resultOf(`worktreeBase: 'fresh'`)).toMatchObject({ ok: true, worktree: { changed: true, files: ['made.txt'], base: fetched } });
    expect(await resultOf(`worktreeBase: 'head'`)).toMatchObject({ ok: true, worktree: { base: git('rev-parse', 'HEAD') } });
  });

  it('DIAL-14 fresh without an origin: the node fails, is not tried again, and says what to do', async () => {
    const failure = await resultOf(`worktreeBase: 'fresh', maxAttempts: 3`);
    expect(failure).toMatchObject({
      ok: false,
      origin: { attempt: 1 },
      error: { category: 'workflow_agent_failed', retryable: false, next_action: expect.stringContaining('git remote set-head origin -a') as string },
    });
    expect(failure).toMatchObject({ error: { message: expect.stringMatching(/default branch of origin.*a remote named origin/) as string } });
  });

  it('WT-12 another value is refused by name, without an attempt to guess', async () => {
    expect(await resultOf(`worktreeBase: 'frehs'`)).toMatchObject({
      ok: false,
      error: { retryable: false, message: 'unknown worktreeBase "frehs": expected "head" (the default), "working-tree" or "fresh"' },
    });
  });
});
