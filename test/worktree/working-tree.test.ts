import { mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDirty } from '../../activities/worktree/dirty.ts';
import { openWorktree } from '../../activities/worktree/open.ts';
import { Bench, listing, run, temporaryFolder, write } from './support.ts';

describe('WT-12 worktreeBase "working-tree"', () => {
  it('starts from tracked and untracked, not ignored, changes, and touches nothing of the user', async () => {
    const bench = new Bench({ 'a.txt': 'a\n', 'gone.txt': 'g', 'staged.txt': 's', '.gitignore': '*.log\n' });
    write(bench.repo, { 'a.txt': 'edited\n', 'new/untracked.txt': 'u', 'ignored.log': 'i', 'staged.txt': 'staged\n', 'forced.log': 'f' });
    run(bench.repo, 'add', 'staged.txt');
    run(bench.repo, 'add', '-f', 'forced.log');
    write(bench.repo, { 'staged.txt': 'staged, then edited\n', 'personal.tmp': 'p', '.odw/runs/x': 'x', 'node_modules/y.js': 'y' });
    write(bench.folder, { ignore: '*.tmp\n' });
    run(bench.repo, 'config', 'core.excludesFile', join(bench.folder, 'ignore'));
    symlinkSync('a.txt', join(bench.repo, 'link'));
    unlinkSync(join(bench.repo, 'gone.txt'));
    const before = {
      files: listing(bench.repo),
      index: readFileSync(join(bench.repo, '.git/index')),
      refs: run(bench.repo, 'for-each-ref'),
      status: run(bench.repo, 'status', '--porcelain'),
    };

    const tree = await bench.open('working-tree');
    expect(listing(tree.dir)).toEqual(listing(bench.repo, ['ignored.log', 'personal.tmp', '.odw/runs/x', 'node_modules/y.js']));
    expect(run(tree.dir, 'status', '--porcelain')).toBe('');
    expect(run(tree.dir, 'rev-parse', 'HEAD~1')).toBe(run(bench.repo, 'rev-parse', 'HEAD'));
    const after = {
      files: listing(bench.repo),
      index: readFileSync(join(bench.repo, '.git/index')),
      refs: run(bench.repo, 'for-each-ref'),
      status: run(bench.repo, 'status', '--porcelain'),
    };
    expect(after).toEqual({ ...before, index: after.index });
    expect(after.status).toBe(before.status);

    write(tree.dir, { 'a.txt': 'edited by the agent\n', 'agent.txt': 'x' });
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual(['a.txt', 'agent.txt']);
    expect(changes.diff).toContain('-edited\n');
    expect(changes.commits).toBeUndefined();
    expect(listing(bench.replay(changes))).toEqual(listing(tree.dir));
  });

  it('does not write the index of the user', async () => {
    const bench = new Bench();
    write(bench.repo, { 'a.txt': 'edited\n' });
    const index = readFileSync(join(bench.repo, '.git/index'));
    await bench.open('working-tree');
    await isDirty(bench.repo);
    expect(readFileSync(join(bench.repo, '.git/index'))).toEqual(index);
  });

  it('is HEAD itself when nothing changed', async () => {
    const bench = new Bench();
    expect((await bench.open('working-tree')).base).toBe(run(bench.repo, 'rev-parse', 'HEAD').trim());
  });

  it('keeps its base over a crash, while the user goes on editing', async () => {
    const bench = new Bench();
    write(bench.repo, { 'a.txt': 'first\n' });
    const tree = await bench.open('working-tree');
    write(bench.repo, { 'a.txt': 'second\n' });
    expect(await bench.open('working-tree')).toEqual(tree);
    expect(await bench.capture(tree)).toMatchObject({ changed: false });
  });

  it('sees an edit of the same size made within the same second', async () => {
    const bench = new Bench();
    write(bench.repo, { 'a.txt': 'ONE\ntwo\nthree\n' });
    run(bench.repo, 'add', 'a.txt');
    write(bench.repo, { 'a.txt': 'TWO\ntwo\nthree\n' });
    const tree = await bench.open('working-tree');
    expect(readFileSync(join(tree.dir, 'a.txt'), 'utf8')).toBe('TWO\ntwo\nthree\n');
  });

  it('works before the first commit, in the middle of a conflict, and with a split index', async () => {
    const fresh = temporaryFolder();
    run(fresh, 'init', '-q');
    write(fresh, { 'a.txt': 'a' });
    const first = await openWorktree({ root: fresh, dir: join(temporaryFolder(), 't'), base: 'working-tree' });
    expect(listing(first.dir)).toEqual(listing(fresh));

    const bench = new Bench();
    run(bench.repo, 'checkout', '-q', '-b', 'side');
    write(bench.repo, { 'a.txt': 'side\n' });
    bench.commitAll('side');
    run(bench.repo, 'checkout', '-q', 'main');
    write(bench.repo, { 'a.txt': 'main\n' });
    bench.commitAll('main');
    expect(() => run(bench.repo, 'merge', 'side')).toThrow();
    const status = run(bench.repo, 'status', '--porcelain');
    const tree = await bench.open('working-tree');
    expect(readFileSync(join(tree.dir, 'a.txt'), 'utf8')).toContain('<<<<<<<');
    expect(run(bench.repo, 'status', '--porcelain')).toBe(status);

    const split = new Bench();
    run(split.repo, 'update-index', '--split-index');
    write(split.repo, { 'new.txt': 'n' });
    expect(listing((await split.open('working-tree')).dir)).toEqual(listing(split.repo));
  });

  it('holds the files of a repository that lies untracked in the working tree', async () => {
    const bench = new Bench();
    mkdirSync(join(bench.repo, 'clone'));
    run(join(bench.repo, 'clone'), 'init', '-q');
    write(bench.repo, { 'clone/c.txt': 'c' });
    expect(listing((await bench.open('working-tree')).dir)).toEqual(listing(bench.repo));
  });
});

describe('WT-12 isDirty', () => {
  it('is true for staged, edited, deleted and untracked files, and false for ignored ones and executor scratch', async () => {
    const bench = new Bench({ 'a.txt': 'a', '.gitignore': '*.log\n' });
    const docs = join(bench.repo, 'docs');
    mkdirSync(docs);
    expect(await isDirty(bench.repo)).toBe(false);
    write(bench.repo, { 'x.log': 'x', '.odw/runs/1/run.json': '{}', 'docs/.pandacode/y': 'y', 'node_modules/z': 'z' });
    expect(await isDirty(docs)).toBe(false);
    write(bench.repo, { 'new.txt': 'n' });
    expect(await isDirty(docs)).toBe(true);
    run(bench.repo, 'add', 'new.txt');
    expect(await isDirty(bench.repo)).toBe(true);
    run(bench.repo, 'rm', '-q', '--cached', 'new.txt');
    rmSync(join(bench.repo, 'new.txt'));
    expect(await isDirty(bench.repo)).toBe(false);
    write(bench.repo, { 'a.txt': 'b' });
    expect(await isDirty(bench.repo)).toBe(true);
    unlinkSync(join(bench.repo, 'a.txt'));
    expect(await isDirty(bench.repo)).toBe(true);
  });

  it('WT-01 refuses a root outside git', async () => {
    await expect(isDirty(temporaryFolder())).rejects.toMatchObject({ slug: 'worktree-not-git' });
  });
});
