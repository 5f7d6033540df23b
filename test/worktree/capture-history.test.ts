import { existsSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, listing, run, temporaryFolder, write } from './support.ts';

const commit = (dir: string, file: string, content: string, message = file): string => {
  write(dir, { [file]: content });
  run(dir, 'add', '-A');
  run(dir, 'commit', '-q', '-m', message);
  return run(dir, 'rev-parse', 'HEAD').trim();
};

const isKept = (bench: Bench, sha: string): boolean => run(bench.repo, 'rev-list', bench.target.refName).split('\n').includes(sha);

describe('WT-05 WT-07 what an agent committed', () => {
  it('is captured against the base, listed, and kept on the hidden ref without a branch of its own', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    const first = commit(tree.dir, 'x.txt', 'x', 'first: größer');
    const second = commit(tree.dir, 'y.txt', 'y', 'second\n\nwith a body');
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({
      changed: true,
      files: ['x.txt', 'y.txt'],
      commits: [
        { sha: first, subject: 'first: größer' },
        { sha: second, subject: 'second' },
      ],
    });
    expect(run(bench.repo, 'rev-parse', bench.target.refName).trim()).toBe(second);
    expect(run(bench.repo, 'branch', '--list').trim()).toBe('* main');
    expect(existsSync(join(bench.repo, 'x.txt'))).toBe(false);
  });

  it('is kept when the final files equal the base again: changed, with commits, without a patch', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    const made = commit(tree.dir, 'x.txt', 'x');
    run(tree.dir, 'revert', '--no-edit', made);
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ changed: true, files: [], diff: '' });
    expect(changes.commits).toHaveLength(2);
    expect(changes.diffFile).toBeUndefined();
    expect(isKept(bench, made)).toBe(true);
  });

  it('is kept when the agent reset, amended and rebased it away', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    const lost = commit(tree.dir, 'lost.txt', 'lost');
    run(tree.dir, 'reset', '-q', '--hard', 'HEAD~1');
    const amended = commit(tree.dir, 'x.txt', 'x');
    write(tree.dir, { 'x.txt': 'x2' });
    run(tree.dir, 'commit', '-q', '-a', '--amend', '-m', 'amended');
    const before = run(tree.dir, 'rev-parse', 'HEAD').trim();
    run(tree.dir, 'checkout', '-q', '-b', 'other', tree.base);
    const other = commit(tree.dir, 'other.txt', 'o');
    run(tree.dir, 'checkout', '-q', '--detach', before);
    run(tree.dir, 'rebase', '-q', 'other');
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual(['other.txt', 'x.txt']);
    for (const sha of [lost, amended, before, other]) expect(isKept(bench, sha)).toBe(true);
    expect(changes.commits!.map((one) => one.sha)).toEqual(expect.arrayContaining([lost, amended, before, other]));
    expect(listing(bench.replay(changes))).toEqual(listing(tree.dir));
  });

  it('is kept on other branches that were checked out, after going back to the base', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    run(tree.dir, 'checkout', '-q', '-b', 'feature');
    const made = commit(tree.dir, 'f.txt', 'f');
    run(tree.dir, 'checkout', '-q', '--detach', tree.base);
    run(tree.dir, 'branch', '-q', '-D', 'feature');
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ changed: true, files: [], commits: [{ sha: made, subject: 'f.txt' }] });
    expect(isKept(bench, made)).toBe(true);
  });

  it('is kept when HEAD is left on a branch without commits', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    const made = commit(tree.dir, 'f.txt', 'f');
    run(tree.dir, 'checkout', '-q', '--orphan', 'fresh');
    write(tree.dir, { 'g.txt': 'g' });
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual(['f.txt', 'g.txt']);
    expect(isKept(bench, made)).toBe(true);
    expect(isKept(bench, tree.base)).toBe(true);
  });

  it('does not include commits that were there before or came with a pull', async () => {
    const bench = new Bench();
    run(bench.repo, 'checkout', '-q', '-b', 'release');
    const old = commit(bench.repo, 'release.txt', 'r');
    run(bench.repo, 'checkout', '-q', 'main');
    const upstream = join(temporaryFolder(), 'upstream');
    run(bench.folder, 'clone', '-q', bench.repo, upstream);
    run(bench.repo, 'remote', 'add', 'origin', upstream);
    const tree = await bench.open();
    const fetched = commit(upstream, 'upstream.txt', 'u');
    run(tree.dir, 'fetch', '-q', 'origin');
    run(tree.dir, 'merge', '-q', '--no-edit', 'origin/main');
    run(tree.dir, 'merge', '-q', '--no-edit', 'release');
    const own = commit(tree.dir, 'own.txt', 'o');
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual(['own.txt', 'release.txt', 'upstream.txt']);
    const listed = changes.commits!.map((one) => one.sha);
    expect(listed).toContain(own);
    expect(listed).not.toContain(old);
    expect(listed).not.toContain(fetched);
  });

  it('counts an own commit that was pushed', async () => {
    const bench = new Bench();
    const remote = join(temporaryFolder(), 'remote.git');
    run(bench.folder, 'clone', '-q', '--bare', bench.repo, remote);
    run(bench.repo, 'remote', 'add', 'origin', remote);
    const tree = await bench.open();
    const own = commit(tree.dir, 'own.txt', 'o');
    run(tree.dir, 'push', '-q', 'origin', 'HEAD:refs/heads/work');
    run(tree.dir, 'fetch', '-q', 'origin');
    expect((await bench.capture(tree)).commits).toEqual([{ sha: own, subject: 'own.txt' }]);
  });

  it('keeps what was staged and then deleted from the disk', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'staged.txt': 'only staged' });
    run(tree.dir, 'add', 'staged.txt');
    unlinkSync(join(tree.dir, 'staged.txt'));
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual([]);
    const kept = run(bench.repo, 'rev-list', bench.target.refName).trim().split('\n');
    expect(kept.some((sha) => run(bench.repo, 'ls-tree', '-r', '--name-only', sha).includes('staged.txt'))).toBe(true);
  });

  it('makes no ref and no file when nothing changed (WT-10)', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    expect(await bench.capture(tree)).toEqual({ changed: false, files: [], diff: '', base: tree.base });
    expect(run(bench.repo, 'for-each-ref', 'refs/odw')).toBe('');
    expect(existsSync(join(bench.target.runDir, 'diffs'))).toBe(false);
  });

  it('lists commits in a bare repository too', async () => {
    const bench = new Bench();
    const bare = join(temporaryFolder(), 'bare.git');
    run(bench.folder, 'clone', '-q', '--bare', bench.repo, bare);
    const tree = await bench.open('head', bare);
    const lost = commit(tree.dir, 'lost.txt', 'l');
    run(tree.dir, 'reset', '-q', '--hard', 'HEAD~1');
    write(tree.dir, { 'new.txt': 'n' });
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ files: ['new.txt'], commits: [{ sha: lost, subject: 'lost.txt' }] });
    rmSync(tree.dir, { recursive: true, maxRetries: 5 });
    expect(run(bare, 'log', '--format=%H', bench.target.refName)).toContain(lost);
  });

  it('leaves a diff over 1 MiB in its file, complete (WT-07)', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'long.txt': 'a line\n'.repeat(200_000) });
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ diff: '', diffTruncated: true, diffFile: 'diffs/abc-0-1.patch' });
    expect(readFileSync(join(bench.target.runDir, changes.diffFile!)).length).toBeGreaterThan(1_400_000);
  });

  it('gives a diff up to 1 MiB as text, the same as in its file (WT-07)', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'a.txt': 'grün\n' });
    const changes = await bench.capture(tree);
    expect(changes.diffTruncated).toBeUndefined();
    expect(changes.diff).toContain('+grün');
    expect(changes.diff).toBe(readFileSync(join(bench.target.runDir, changes.diffFile!), 'utf8'));
  });
});
