import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorktree } from '../../activities/worktree/open.ts';
import { pruneWorktrees } from '../../activities/worktree/prune.ts';
import { removeWorktree } from '../../activities/worktree/remove.ts';
import { asOrdinaryUser } from './ordinary-user.ts';
import { Bench, run, temporaryFolder, write } from './support.ts';

const registrations = (bench: Bench): string[] => readdirSync(join(bench.repo, '.git/worktrees'));

describe('removeWorktree', () => {
  it('WT-10 leaves no folder, no registration and no branch', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    await bench.capture(tree);
    await removeWorktree(tree);
    expect(existsSync(tree.dir)).toBe(false);
    expect(registrations(bench)).toEqual([]);
    expect(run(bench.repo, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(run(bench.repo, 'for-each-ref', '--format=%(refname)').trim().split('\n')).toEqual(['refs/heads/main', bench.target.refName]);
    expect(run(bench.repo, 'fsck', '--no-dangling')).toBe('');
  });

  it('can be called again', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    await removeWorktree(tree);
    await removeWorktree(tree);
    expect(registrations(bench)).toEqual([]);
  });

  it('removes read-only files and folders, and what git itself would refuse', async () => {
    const bench = new Bench();
    await asOrdinaryUser(bench.folder, async () => {
      const tree = await bench.open();
      write(tree.dir, { 'locked/deep/file.txt': 'x', 'dirty.txt': 'd' });
      chmodSync(join(tree.dir, 'locked/deep/file.txt'), 0o400);
      chmodSync(join(tree.dir, 'locked/deep'), 0o500);
      chmodSync(join(tree.dir, 'locked'), 0o000);
      await removeWorktree(tree);
      expect(existsSync(tree.dir)).toBe(false);
    });
    expect(registrations(bench)).toEqual([]);
  });

  it('a tree that was being removed is never captured as one full of deletions', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    await removeWorktree(tree);
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ files: [], error: expect.stringContaining('is not there any more') });
  });
});

describe('pruneWorktrees', () => {
  it('WT-02 forgets worktrees whose folders are gone, and keeps living ones', async () => {
    const bench = new Bench();
    const living = await bench.open();
    run(bench.repo, 'worktree', 'add', '-q', '--detach', join(bench.folder, 'by-hand'));
    const dead = await openWorktree({ root: bench.repo, dir: `${bench.dir}-dead`, base: 'head' });
    rmSync(dead.dir, { recursive: true, maxRetries: 5 });
    rmSync(join(bench.folder, 'by-hand'), { recursive: true });
    await pruneWorktrees(bench.repo);
    expect(registrations(bench)).toEqual(['node-1']);
    expect(await bench.open()).toEqual(living);
  });

  it('keeps a living worktree whose .git file the agent deleted', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    rmSync(join(tree.dir, '.git'));
    await pruneWorktrees(bench.repo);
    expect((await bench.capture(tree)).files).toEqual(['x.txt']);
  });

  it('does nothing outside a repository', async () => {
    await expect(pruneWorktrees(temporaryFolder())).resolves.toBeUndefined();
  });
});
