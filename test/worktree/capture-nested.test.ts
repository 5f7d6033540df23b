import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, listing, run, temporaryFolder, write } from './support.ts';

function makeRepository(folder: string, files: Record<string, string>): string {
  mkdirSync(folder, { recursive: true });
  run(folder, 'init', '-q', '-b', 'main');
  write(folder, files);
  run(folder, 'add', '-A', '-f');
  run(folder, 'commit', '-q', '-m', 'nested');
  return run(folder, 'rev-parse', 'HEAD').trim();
}

/** A repository with a submodule at `lib`, and the commands that submodules need here. */
function benchWithSubmodule(): { bench: Bench; library: string } {
  const bench = new Bench();
  const library = join(temporaryFolder(), 'library');
  makeRepository(library, { 'lib.txt': '1' });
  run(bench.repo, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  run(bench.repo, 'commit', '-q', '-m', 'submodule');
  return { bench, library };
}

const checkOut = (dir: string) => run(dir, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init');

describe('TREE-04 repositories inside the worktree', () => {
  it('of a repository that the agent made the files are captured, at any depth, with what it tracks although ignored', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    makeRepository(join(tree.dir, 'made'), { 'src/m.txt': 'm', '.gitignore': '*.log\n', 'forced.log': 'f' });
    write(tree.dir, { 'made/untracked.txt': 'u', 'made/ignored.log': 'i', 'made/node_modules/x.js': 'scratch' });
    makeRepository(join(tree.dir, 'made/deep er/inner'), { 'i.txt': 'i' });
    mkdirSync(join(tree.dir, '-dash'));
    run(join(tree.dir, '-dash'), 'init', '-q');
    write(tree.dir, { '-dash/no-commit.txt': 'n' });
    const changes = await bench.capture(tree);
    expect(changes.error).toBeUndefined();
    expect(changes.files).toEqual([
      '-dash/no-commit.txt',
      'made/.gitignore',
      'made/deep er/inner/i.txt',
      'made/forced.log',
      'made/src/m.txt',
      'made/untracked.txt',
    ]);
    expect(listing(bench.replay(changes))).toEqual(listing(tree.dir, ['made/ignored.log', 'made/node_modules/x.js']));
    expect(await bench.capture(tree)).toEqual(changes);
  });

  it('a nested repository that the agent added or committed as a link is captured with its files', async () => {
    for (const isCommitted of [false, true]) {
      const bench = new Bench();
      const tree = await bench.open();
      makeRepository(join(tree.dir, 'made'), { 'm.txt': 'm' });
      run(tree.dir, 'add', '-A');
      if (isCommitted) run(tree.dir, 'commit', '-q', '-m', 'with a link');
      const changes = await bench.capture(tree);
      expect(changes.files).toEqual(['made/m.txt']);
      expect(listing(bench.replay(changes))).toEqual(listing(tree.dir));
    }
  });

  it('a repository initialised around tracked files hides nothing', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    run(join(tree.dir, 'docs'), 'init', '-q');
    write(tree.dir, { 'docs/b.md': 'edited', 'docs/new.md': 'new' });
    expect((await bench.capture(tree)).files).toEqual(['docs/b.md', 'docs/new.md']);
  });

  it('a commit in a worktree that the agent made inside its own is kept', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    run(tree.dir, 'worktree', 'add', '-q', '--detach', '.worktrees/side');
    const side = join(tree.dir, '.worktrees/side');
    write(side, { 'side.txt': 's' });
    run(side, 'add', '-A');
    run(side, 'commit', '-q', '-m', 'side');
    const made = run(side, 'rev-parse', 'HEAD').trim();
    const changes = await bench.capture(tree);
    expect(changes.error).toBeUndefined();
    expect(changes.files).toContain('.worktrees/side/side.txt');
    expect(changes.commits).toEqual([{ sha: made, subject: 'side' }]);
    expect(run(bench.repo, 'rev-list', bench.target.refName)).toContain(made);
  });

  it('an untouched submodule, checked out or not, is no change', async () => {
    const { bench } = benchWithSubmodule();
    const tree = await bench.open();
    expect(await bench.capture(tree)).toMatchObject({ changed: false });
    checkOut(tree.dir);
    expect(existsSync(join(tree.dir, 'lib/lib.txt'))).toBe(true);
    expect(await bench.capture(tree)).toMatchObject({ changed: false });
  });

  it('a submodule moved to another commit of its remote is captured as its pointer', async () => {
    const { bench, library } = benchWithSubmodule();
    const tree = await bench.open();
    checkOut(tree.dir);
    write(library, { 'lib.txt': '2' });
    run(library, 'commit', '-q', '-am', 'two');
    const second = run(library, 'rev-parse', 'HEAD').trim();
    run(join(tree.dir, 'lib'), '-c', 'protocol.file.allow=always', 'fetch', '-q');
    run(join(tree.dir, 'lib'), 'checkout', '-q', second);
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ changed: true, files: ['lib'] });
    expect(run(bench.replay(changes), 'ls-files', '-s', 'lib')).toContain(second);
  });

  it('a submodule that the agent added is captured', async () => {
    const bench = new Bench();
    const library = join(temporaryFolder(), 'library');
    const sha = makeRepository(library, { 'lib.txt': '1' });
    const tree = await bench.open();
    run(tree.dir, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'vendor/lib');
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual(['.gitmodules', 'vendor/lib']);
    expect(run(bench.replay(changes), 'ls-files', '-s', 'vendor/lib')).toContain(sha);
  });

  it('WT-09 work that exists only in a submodule is refused, and the tree kept', async () => {
    const dirty = benchWithSubmodule().bench;
    const dirtyTree = await dirty.open();
    checkOut(dirtyTree.dir);
    write(dirtyTree.dir, { 'lib/lib.txt': 'edited' });
    expect(await dirty.capture(dirtyTree)).toMatchObject({
      error: expect.stringContaining('submodule lib has changes that are not committed'),
      path: dirtyTree.dir,
    });

    const ahead = benchWithSubmodule().bench;
    const aheadTree = await ahead.open();
    checkOut(aheadTree.dir);
    write(aheadTree.dir, { 'lib/lib.txt': 'edited' });
    run(join(aheadTree.dir, 'lib'), 'commit', '-q', '-am', 'only here');
    expect(await ahead.capture(aheadTree)).toMatchObject({
      error: expect.stringContaining('submodule lib has commits that are on none of its remotes'),
      path: aheadTree.dir,
    });
    expect(existsSync(join(aheadTree.dir, 'lib/lib.txt'))).toBe(true);
  });
});
