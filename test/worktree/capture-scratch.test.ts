import { mkdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScratchRules } from '../../activities/worktree/scratch.ts';
import { Bench, listing, run, write } from './support.ts';

const scratch = {
  '.pandacode/scratch.txt': 's',
  '.odw/runs/x/state.json': '{}',
  'node_modules/left-pad/index.js': 's',
  'packages/a/node_modules/b/index.js': 's',
  'packages/a/.pandacode/x': 's',
  'docs/.odw/y': 's',
};

describe('WT-08 executor scratch', () => {
  it('is left out at every depth, whether untracked, staged or committed', async () => {
    for (const step of ['untracked', 'staged', 'committed']) {
      const bench = new Bench();
      const tree = await bench.open();
      write(tree.dir, { ...scratch, 'packages/a/real.js': 'r' });
      symlinkSync('/usr', join(tree.dir, 'docs/node_modules'));
      if (step !== 'untracked') run(tree.dir, 'add', '-A', '-f');
      if (step === 'committed') run(tree.dir, 'commit', '-q', '-m', 'everything');
      const changes = await bench.capture(tree);
      expect(changes.files, step).toEqual(['packages/a/real.js']);
      expect(changes.diff).not.toContain('scratch');
    }
  });

  it('alone is no change', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, scratch);
    expect(await bench.capture(tree)).toMatchObject({ changed: false, files: [] });
  });

  it('is work where the base tracks it: edits, deletions, and new files among checked-in dependencies', async () => {
    const bench = new Bench({
      'node_modules/dep/index.js': '1',
      'node_modules/dep/old.js': 'o',
      '.pandacode/settings.json': '{}',
      'a b/node_modules/[x]/k.js': 'k',
    });
    const tree = await bench.open();
    write(tree.dir, {
      'node_modules/dep/index.js': '2',
      'node_modules/dep/new.js': 'n',
      '.pandacode/settings.json': '{"a":1}',
      '.pandacode/runs/log': 'scratch',
    });
    write(tree.dir, { 'a b/node_modules/[x]/more.js': 'm', 'elsewhere/node_modules/z.js': 'scratch', 'node_modules/dep/.odw/z': 'scratch' });
    unlinkSync(join(tree.dir, 'node_modules/dep/old.js'));
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual([
      '.pandacode/settings.json',
      'a b/node_modules/[x]/more.js',
      'node_modules/dep/index.js',
      'node_modules/dep/new.js',
      'node_modules/dep/old.js',
    ]);
    const except = ['.pandacode/runs/log', 'elsewhere/node_modules/z.js', 'node_modules/dep/.odw/z'];
    expect(listing(bench.replay(changes))).toEqual(listing(tree.dir, except));
  });

  it('names that only look similar are work', () => {
    const rules = new ScratchRules([]);
    for (const path of ['node_modules.md', 'my.odw', 'x.pandacode/y', '.odwrc', 'src/.pandacoder/z']) expect(rules.isScratch(path)).toBe(false);
    for (const path of ['node_modules', '.odw', 'a/b/.pandacode/c/d']) expect(rules.isScratch(path)).toBe(true);
  });

  it('new files that the repository ignores are not captured; personal ignore rules do not count', async () => {
    const bench = new Bench({ '.gitignore': 'dist/\n' });
    write(bench.folder, { ignore: '*.txt\n' });
    run(bench.repo, 'config', 'core.excludesFile', join(bench.folder, 'ignore'));
    const tree = await bench.open();
    write(tree.dir, { 'dist/out.js': 'o', 'notes.txt': 'n' });
    mkdirSync(join(tree.dir, 'no-files-inside'));
    expect((await bench.capture(tree)).files).toEqual(['notes.txt']);
    rmSync(join(tree.dir, 'dist'), { recursive: true });
  });
});
