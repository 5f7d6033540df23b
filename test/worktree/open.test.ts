import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { captureWorktree } from '../../activities/worktree/capture.ts';
import { openWorktree } from '../../activities/worktree/open.ts';
import { readRecord, writeRecord } from '../../activities/worktree/record.ts';
import { removeWorktree } from '../../activities/worktree/remove.ts';
import { Bench, listing, run, temporaryFolder, write } from './support.ts';

const registered = (bench: Bench): number =>
  run(bench.repo, 'worktree', 'list', '--porcelain')
    .split('\n')
    .filter((line) => line.startsWith('worktree ')).length - 1;

describe('openWorktree', () => {
  it('WT-02 WT-12 makes a detached worktree from HEAD, without the changes of the user, outside the repository', async () => {
    const bench = new Bench();
    write(bench.repo, { 'a.txt': 'edited by the user\n', 'untracked.txt': 'u' });
    const tree = await bench.open();
    expect(tree).toMatchObject({ dir: bench.dir, execDir: bench.dir, repository: bench.repo, base: run(bench.repo, 'rev-parse', 'HEAD').trim() });
    expect(readFileSync(join(tree.dir, 'a.txt'), 'utf8')).toBe('one\ntwo\nthree\n');
    expect(existsSync(join(tree.dir, 'untracked.txt'))).toBe(false);
    expect(() => run(tree.dir, 'symbolic-ref', 'HEAD')).toThrow();
    expect(run(tree.dir, 'status', '--porcelain')).toBe('');
    expect(run(bench.repo, 'branch', '--list').trim()).toBe('* main');
  });

  it('WT-03 gives the sub-folder that the root is, also when the base does not have it', async () => {
    const bench = new Bench();
    const tree = await bench.open('head', join(bench.repo, 'docs'));
    expect(tree).toMatchObject({ execDir: join(bench.dir, 'docs'), repository: bench.repo });
    mkdirSync(join(bench.repo, 'new/deep'), { recursive: true });
    const other = await openWorktree({ root: join(bench.repo, 'new/deep'), dir: `${bench.dir}-2`, base: 'head' });
    expect(other.execDir).toBe(`${bench.dir}-2/new/deep`);
    expect(existsSync(other.execDir)).toBe(true);
    expect(await captureWorktree(other, bench.target)).toMatchObject({ changed: false });
  });

  it('WT-07 paths are relative to the repository, not to a root below it', async () => {
    const bench = new Bench();
    const tree = await bench.open('head', join(bench.repo, 'docs'));
    write(tree.dir, { 'a.txt': 'edited above the root' });
    write(tree.execDir, { 'c.md': 'c' });
    expect((await bench.capture(tree)).files).toEqual(['a.txt', 'docs/c.md']);
  });

  it('WT-03 follows a root that is a symbolic link, a linked worktree, or a submodule', async () => {
    const bench = new Bench();
    symlinkSync(bench.repo, join(bench.folder, 'link'));
    expect((await bench.open('head', join(bench.folder, 'link/docs'))).execDir).toBe(join(bench.dir, 'docs'));
    run(bench.repo, 'worktree', 'add', '-q', '-b', 'linked', join(bench.folder, 'linked'));
    write(join(bench.folder, 'linked'), { 'l.txt': 'l' });
    run(join(bench.folder, 'linked'), 'add', '-A');
    run(join(bench.folder, 'linked'), 'commit', '-q', '-m', 'on the linked branch');
    const fromLinked = await openWorktree({ root: join(bench.folder, 'linked'), dir: `${bench.dir}-linked`, base: 'head' });
    expect(existsSync(join(fromLinked.dir, 'l.txt'))).toBe(true);
    const outer = new Bench();
    run(outer.repo, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', bench.repo, 'sub');
    const inSubmodule = await openWorktree({ root: join(outer.repo, 'sub'), dir: outer.dir, base: 'head' });
    write(inSubmodule.dir, { 'new.txt': 'n' });
    expect((await outer.capture(inSubmodule)).files).toEqual(['new.txt']);
  });

  it('TREE-05 opens the same tree again after a crash, with its first base and the work in it', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'work.txt': 'w' });
    run(tree.dir, 'add', '-A');
    run(tree.dir, 'commit', '-q', '-m', 'by the agent');
    write(tree.dir, { 'more.txt': 'm' });
    write(bench.repo, { 'later.txt': 'l' });
    bench.commitAll('the user goes on');
    expect(await bench.open()).toEqual(tree);
    expect((await bench.capture(tree)).files).toEqual(['more.txt', 'work.txt']);
    expect(registered(bench)).toBe(1);
  });

  it('opens the tree again when the agent deleted its .git file', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'work.txt': 'w' });
    rmSync(join(tree.dir, '.git'));
    expect(await bench.open()).toEqual(tree);
    expect((await bench.capture(tree)).files).toEqual(['work.txt']);
  });

  it('replaces what a killed call left half-made, at every stage', async () => {
    const stages: ((bench: Bench) => Promise<void>)[] = [
      // killed right after git registered it, before odw wrote its record
      async (bench) => void run(bench.repo, 'worktree', 'add', '-q', '--detach', '--lock', '--no-checkout', bench.dir),
      // killed while the files were checked out; git's lock is still there
      async (bench) => {
        const tree = await bench.open();
        writeRecord(tree.gitDir, { ...readRecord(tree.gitDir)!, state: 'creating' });
        rmSync(join(tree.dir, 'a.txt'));
      },
      // killed while the tree was removed: what is left must not look like an agent's deletions
      async (bench) => {
        const tree = await bench.open();
        writeRecord(tree.gitDir, { ...readRecord(tree.gitDir)!, state: 'removing' });
        rmSync(join(tree.dir, 'docs'), { recursive: true });
        rmSync(join(tree.dir, '.git'));
      },
      // registered, but the folder is gone
      async (bench) => rmSync((await bench.open()).dir, { recursive: true }),
      // the folder is there, but its registration is gone
      async (bench) => rmSync((await bench.open()).gitDir, { recursive: true }),
      // git was killed between the two files that it writes first
      async (bench) => {
        const tree = await bench.open();
        rmSync(join(tree.gitDir, 'odw.json'));
        rmSync(join(tree.gitDir, 'HEAD'));
      },
    ];
    for (const [index, stage] of stages.entries()) {
      const bench = new Bench();
      await stage(bench);
      const tree = await bench.open();
      expect(await bench.capture(tree), `stage ${index}`).toEqual({ changed: false, files: [], diff: '', base: tree.base });
      expect(listing(tree.dir)).toEqual(listing(bench.repo));
      expect(registered(bench), `stage ${index}`).toBe(1);
    }
  }, 60_000);

  it('survives a kill -9 of git at a random moment of the checkout', async () => {
    const files = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`f/${i % 40}/${i}.txt`, `file ${i}\n`]));
    const bench = new Bench(files);
    for (const delay of [2, 8, 20, 45]) {
      const git = spawn('git', ['worktree', 'add', '-q', '--detach', bench.dir], { cwd: bench.repo, stdio: 'ignore' });
      const ended = new Promise((resolve) => git.on('exit', resolve));
      await sleep(delay);
      git.kill('SIGKILL');
      await ended;
      const tree = await bench.open();
      expect(listing(tree.dir)).toEqual(listing(bench.repo));
      await removeWorktree(tree);
    }
    expect(registered(bench)).toBe(0);
  }, 60_000);

  it('sixteen at once in one repository all succeed, each with its own tree', async () => {
    const bench = new Bench();
    const trees = await Promise.all(Array.from({ length: 16 }, (_, i) => openWorktree({ root: bench.repo, dir: `${bench.dir}-${i}/same-name`, base: 'head' })));
    expect(new Set(trees.map((tree) => tree.gitDir)).size).toBe(16);
    trees.forEach((tree, i) => write(tree.dir, { [`only-${i}.txt`]: 'x' }));
    const captured = await Promise.all(trees.map((tree, i) => captureWorktree(tree, { ...bench.target, nodeId: `n${i}`, refName: `refs/odw/run/n${i}` })));
    captured.forEach((changes, i) => expect(changes.files).toEqual([`only-${i}.txt`]));
    await Promise.all(trees.map(removeWorktree));
    expect(registered(bench)).toBe(0);
  }, 60_000);

  it('waits for the lock of another git process', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    const lock = join(bench.repo, '.git', `${bench.target.refName}.lock`);
    write(join(lock, '..'), { [lock.split('/').at(-1)!]: '' });
    setTimeout(() => rmSync(lock), 400);
    expect(await bench.capture(tree)).toMatchObject({ changed: true, files: ['x.txt'] });
  });
});

describe('openWorktree refuses', () => {
  it('WT-01 a root in no repository, also when the environment points to one', async () => {
    const bench = new Bench();
    const outside = temporaryFolder();
    process.env['GIT_DIR'] = join(bench.repo, '.git');
    try {
      const refused = openWorktree({ root: outside, dir: bench.dir, base: 'head' });
      await expect(refused).rejects.toMatchObject({ slug: 'worktree-not-git', message: `isolation:'worktree' requires ${outside} to be a git repository` });
      const { next } = (await refused.catch((error: unknown) => error)) as { next: string };
      expect(next).toContain(`Make ${outside} a git repository with a first commit (there: git init, git add, git commit), or leave out isolation: "worktree"`);
    } finally {
      delete process.env['GIT_DIR'];
    }
    const missing = join(outside, 'missing');
    await expect(openWorktree({ root: missing, dir: bench.dir, base: 'head' })).rejects.toMatchObject({
      message: `isolation:'worktree' requires ${missing} to be a git repository`,
    });
  });

  it('a repository without a commit', async () => {
    const empty = temporaryFolder();
    run(empty, 'init', '-q');
    await expect(openWorktree({ root: empty, dir: join(temporaryFolder(), 't'), base: 'head' })).rejects.toMatchObject({
      slug: 'worktree-no-commit',
      next: `Make a first commit in ${empty} (git add, git commit), or leave out isolation: "worktree": then the agent works in the folder itself.`,
    });
  });

  it('a folder that holds other files, which it leaves alone', async () => {
    const bench = new Bench();
    write(bench.dir, { 'precious.txt': 'p' });
    await expect(bench.open()).rejects.toMatchObject({ slug: 'worktree-path-taken' });
    const other = new Bench();
    run(other.repo, 'worktree', 'add', '-q', `${bench.dir}-2`);
    await expect(openWorktree({ root: bench.repo, dir: `${bench.dir}-2`, base: 'head' })).rejects.toMatchObject({ slug: 'worktree-path-taken' });
    expect(readFileSync(join(bench.dir, 'precious.txt'), 'utf8')).toBe('p');
  });

  it('a checkout that fails, leaving nothing behind', async () => {
    const bench = new Bench({ '.gitattributes': '*.bin filter=broken\n', 'x.bin': 'x' });
    run(bench.repo, 'config', 'filter.broken.smudge', 'false');
    run(bench.repo, 'config', 'filter.broken.required', 'true');
    await expect(bench.open()).rejects.toMatchObject({ slug: 'git-failed', message: expect.stringContaining('x.bin') });
    expect(existsSync(bench.dir)).toBe(false);
    expect(registered(bench)).toBe(0);
  });

  it('a machine without git', async () => {
    const bench = new Bench();
    const path = process.env['PATH'];
    process.env['PATH'] = temporaryFolder();
    try {
      await expect(bench.open()).rejects.toMatchObject({ slug: 'git-missing' });
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('a parent folder that is a file', async () => {
    const bench = new Bench();
    writeFileSync(join(bench.folder, 'trees'), '');
    await expect(bench.open()).rejects.toThrow();
    expect(readdirSync(join(bench.repo, '.git')).includes('worktrees') ? registered(bench) : 0).toBe(0);
  });
});
