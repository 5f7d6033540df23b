import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project } from '../support/odw.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: Project;
afterEach(() => project.remove());

interface Tree {
  worktree: { diffFile: string; diff: string };
}

// Two nodes of the same content: what they write differs only by their place, and the second fails at first.
const script = `const first = await agent('write', { label: 'first', isolation: 'worktree', mockWriteFile: 'made.txt' });
  const second = await agent('write', { label: 'second', isolation: 'worktree', mockWriteFile: 'made.txt' });
  await agent('last', { label: 'last', mockFail: FAIL });
  return [first, second];`;
const git = (...args: string[]) => execFileSync('git', args, { cwd: project.dir, encoding: 'utf8' }).trim();
const exec = async (...args: string[]) => {
  const end = await project.odw(['exec', '--script', 'a.js', '--backend', 'mock', ...args]);
  expect([end.code, end.stdout]).toEqual([0, expect.stringContaining('[odw] completed')]);
  return end.runId as string;
};
const resultOf = (runId: string) => project.state(runId).result as unknown as Tree[];
const patchesOf = (runId: string) => resultOf(runId).map(({ worktree }) => readFileSync(join(project.runDir(runId), worktree.diffFile), 'utf8'));
const refsOf = (runId: string) => git('for-each-ref', '--format=%(refname)', `refs/odw/${runId}/`).split('\n').filter(Boolean);

describe('patches of reused isolated nodes', () => {
  it('WT-06 KEY-05 RES-04 HIST-02 belong to the run that reuses them, over several resumes, also when the first run is removed', async () => {
    project = new Project({ 'a.js': script.replace('FAIL', 'false') }).git();
    const one = await exec();
    const patches = patchesOf(one);
    expect(patches.every((text) => text.includes('made.txt'))).toBe(true);

    // The second one runs again: its dispatch has the number that the first one's had.
    project.write('a.js', script.replace('FAIL', 'true'));
    const two = await exec('--resume', one, '--rerun', 'second');
    expect(
      project
        .events(two)
        .filter(({ type }) => type === 'agent_skip')
        .map(({ label }) => label),
    ).toEqual(['first']);
    expect(patchesOf(two)).toEqual(patches);
    const [kept, made] = resultOf(two).map(({ worktree }) => worktree.diffFile);
    expect([kept, new Set([kept, made]).size]).toEqual([resultOf(one)[0]!.worktree.diffFile, 2]);
    expect(refsOf(two).filter((ref) => ref.includes('/earlier/'))).toHaveLength(2);

    const removed = await project.odw(['runs', 'rm', one, '--yes']);
    expect([removed.code, existsSync(project.runDir(one)), refsOf(one)]).toEqual([0, false, []]);
    expect(patchesOf(two)).toEqual(patches);

    project.write('a.js', script.replace('FAIL', 'false'));
    const three = await exec('--resume', two);
    expect(
      project
        .events(three)
        .filter(({ type }) => type === 'agent_skip')
        .map(({ label }) => label),
    ).toContain('second');
    expect((await project.odw(['runs', 'rm', two, '--yes'])).code).toBe(0);
    expect(patchesOf(three)).toEqual(patches);
    expect(resultOf(three)).toEqual(resultOf(three).map((value, n) => ({ ...value, worktree: { ...value.worktree, diff: patches[n] } })));
    const report = readFileSync(join(project.runDir(three), 'report.html'), 'utf8');
    for (const { worktree } of resultOf(three)) expect(report).toContain(worktree.diffFile);
  });
});
