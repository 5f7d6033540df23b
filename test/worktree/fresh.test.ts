import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, run, write } from './support.ts';

/** A repository with an origin beside it, cloned when origin had one commit on its branch `trunk`. */
function withOrigin(): { bench: Bench; origin: Bench; fetched: string } {
  const origin = new Bench({ 'shared.txt': 'shared\n' });
  run(origin.repo, 'branch', '-m', 'trunk');
  const bench = new Bench();
  run(bench.repo, 'remote', 'add', 'origin', origin.repo);
  run(bench.repo, 'fetch', '-q', 'origin');
  run(bench.repo, 'remote', 'set-head', 'origin', 'trunk');
  return { bench, origin, fetched: run(origin.repo, 'rev-parse', 'HEAD').trim() };
}

describe('worktreeBase fresh', () => {
  it('DIAL-14 starts from the default branch of origin as it was fetched, not from HEAD and not from what origin has since', async () => {
    const { bench, origin, fetched } = withOrigin();
    write(origin.repo, { 'later.txt': 'l' });
    origin.commitAll('after the fetch');
    const tree = await bench.open('fresh');
    expect(tree.base).toBe(fetched);
    expect(existsSync(join(tree.dir, 'shared.txt'))).toBe(true);
    expect(existsSync(join(tree.dir, 'a.txt'))).toBe(false);
    expect(existsSync(join(tree.dir, 'later.txt'))).toBe(false);
    expect(run(bench.repo, 'branch', '--list').trim()).toBe('* main');
  });

  it('DIAL-14 measures changes against that base, and gives them as a patch that applies to it', async () => {
    const { bench, fetched } = withOrigin();
    const tree = await bench.open('fresh');
    write(tree.dir, { 'shared.txt': 'edited\n', 'new.bin': Buffer.from([0, 1, 255]) });
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ changed: true, base: fetched, files: ['new.bin', 'shared.txt'] });
    const clone = bench.replay(changes);
    expect(run(clone, 'status', '--porcelain').trim().split('\n').sort()).toEqual(['A  new.bin', 'M  shared.txt']);
  });

  it('TREE-05 DIAL-14 opens the same tree again, on its first base, when origin was fetched anew meanwhile', async () => {
    const { bench, origin, fetched } = withOrigin();
    const tree = await bench.open('fresh');
    write(tree.dir, { 'work.txt': 'w' });
    write(origin.repo, { 'later.txt': 'l' });
    origin.commitAll('later');
    run(bench.repo, 'fetch', '-q', 'origin');
    expect(await bench.open('fresh')).toEqual(tree);
    expect(tree.base).toBe(fetched);
    expect((await bench.capture(tree)).files).toEqual(['work.txt']);
  });

  it('DIAL-14 works where HEAD has no commit', async () => {
    const { bench, fetched } = withOrigin();
    run(bench.repo, 'checkout', '-q', '--orphan', 'empty');
    expect((await bench.open('fresh')).base).toBe(fetched);
  });

  it('DIAL-14 says what is missing: the remote, its default branch, or the branch itself', async () => {
    const none = new Bench();
    await expect(none.open('fresh')).rejects.toMatchObject({ slug: 'worktree-no-origin', message: expect.stringContaining('a remote named origin') as string });
    const { bench } = withOrigin();
    run(bench.repo, 'remote', 'set-head', 'origin', '--delete');
    await expect(bench.open('fresh')).rejects.toMatchObject({ slug: 'worktree-no-origin', message: expect.stringContaining('which branch') as string });
    run(bench.repo, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/gone');
    await expect(bench.open('fresh')).rejects.toMatchObject({
      slug: 'worktree-no-origin',
      message: expect.stringContaining('refs/remotes/origin/gone was not fetched') as string,
    });
    expect(existsSync(bench.dir)).toBe(false);
  });
});
