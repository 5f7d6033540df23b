import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, listing, run, write } from './support.ts';

interface Kind {
  title: string;
  files?: Record<string, string | Buffer>;
  work: (dir: string) => void;
  expected: string[];
}

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7919 + (i >> 3)) % 256));
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i} of the file\n`).join('');

const kinds: Kind[] = [
  { title: 'a text edit', work: (dir) => write(dir, { 'a.txt': 'one\n2\nthree\n' }), expected: ['a.txt'] },
  { title: 'a new file in a new folder', work: (dir) => write(dir, { 'x/y/z.txt': 'z' }), expected: ['x/y/z.txt'] },
  { title: 'an empty file', work: (dir) => write(dir, { empty: '' }), expected: ['empty'] },
  { title: 'a file emptied', work: (dir) => write(dir, { 'a.txt': '' }), expected: ['a.txt'] },
  { title: 'a file without a final newline', work: (dir) => write(dir, { 'a.txt': 'one\ntwo\nthree' }), expected: ['a.txt'] },
  { title: 'a new binary file', work: (dir) => write(dir, { 'image.png': bytes(5000) }), expected: ['image.png'] },
  {
    title: 'a changed binary file',
    files: { 'image.png': bytes(5000) },
    work: (dir) => write(dir, { 'image.png': Buffer.concat([bytes(2500), Buffer.from('changed'), bytes(2000)]) }),
    expected: ['image.png'],
  },
  { title: 'a deletion', work: (dir) => unlinkSync(join(dir, 'docs/b.md')), expected: ['docs/b.md'] },
  { title: 'a deleted binary file', files: { 'image.png': bytes(3000), k: 'k' }, work: (dir) => unlinkSync(join(dir, 'image.png')), expected: ['image.png'] },
  {
    title: 'a rename',
    files: { 'old name.txt': lines(50) },
    work: (dir) => renameSync(join(dir, 'old name.txt'), join(dir, 'new name.txt')),
    expected: ['new name.txt'],
  },
  {
    title: 'a rename with an edit, staged',
    files: { 'old.txt': lines(50) },
    work: (dir) => {
      run(dir, 'mv', 'old.txt', 'new.txt');
      write(dir, { 'new.txt': lines(51) });
    },
    expected: ['new.txt'],
  },
  { title: 'an executable bit set', work: (dir) => chmodSync(join(dir, 'a.txt'), 0o755), expected: ['a.txt'] },
  {
    title: 'a new executable file',
    work: (dir) => {
      write(dir, { 'run.sh': '#!/bin/sh\n' });
      chmodSync(join(dir, 'run.sh'), 0o755);
    },
    expected: ['run.sh'],
  },
  { title: 'a symbolic link', work: (dir) => symlinkSync('../a.txt', join(dir, 'docs/link')), expected: ['docs/link'] },
  { title: 'a dangling symbolic link', work: (dir) => symlinkSync('/nowhere/at all', join(dir, 'dangling')), expected: ['dangling'] },
  {
    title: 'a symbolic link to a folder outside',
    work: (dir) => symlinkSync('/usr', join(dir, 'outside')),
    expected: ['outside'],
  },
  {
    title: 'a file that became a symbolic link',
    work: (dir) => {
      unlinkSync(join(dir, 'a.txt'));
      symlinkSync('docs/b.md', join(dir, 'a.txt'));
    },
    expected: ['a.txt'],
  },
  {
    title: 'a file that became a folder',
    work: (dir) => {
      unlinkSync(join(dir, 'a.txt'));
      write(dir, { 'a.txt/inner.txt': 'inner' });
    },
    expected: ['a.txt', 'a.txt/inner.txt'],
  },
  {
    title: 'a folder that became a file',
    work: (dir) => {
      rmSync(join(dir, 'docs'), { recursive: true });
      write(dir, { docs: 'a file now' });
    },
    expected: ['docs', 'docs/b.md'],
  },
  {
    title: 'names with spaces, quotes, newlines, tabs, backslashes, dashes, globs and other scripts',
    work: (dir) =>
      write(dir, {
        'with space.txt': '1',
        '"quoted".txt': '2',
        "it's.txt": '3',
        'new\nline.txt': '4',
        'tab\there.txt': '5',
        'back\\slash.txt': '6',
        '-rf': '7',
        '--help/-x': '8',
        '*.txt': '9',
        ':(top)magic': '10',
        'größe/文件 😀.txt': '11',
        '!bang': '12',
        '#hash': '13',
        ' leading and trailing ': '14',
      }),
    expected: [
      ' leading and trailing ',
      '!bang',
      '"quoted".txt',
      '#hash',
      '*.txt',
      '--help/-x',
      '-rf',
      ':(top)magic',
      'back\\slash.txt',
      'größe/文件 😀.txt',
      "it's.txt",
      'new\nline.txt',
      'tab\there.txt',
      'with space.txt',
    ],
  },
  { title: 'CRLF, and lone CR, in a new file', work: (dir) => write(dir, { 'crlf.txt': 'a\r\nb\r\nc\rd\n' }), expected: ['crlf.txt'] },
  { title: 'CRLF turned into LF', files: { 'c.txt': 'a\r\nb\r\n' }, work: (dir) => write(dir, { 'c.txt': 'a\nb\n' }), expected: ['c.txt'] },
  { title: 'text that is not UTF-8', work: (dir) => write(dir, { 'latin.txt': Buffer.from('gr\xf6\xdfe\n', 'latin1') }), expected: ['latin.txt'] },
  { title: 'a very long line', work: (dir) => write(dir, { 'long.txt': 'x'.repeat(3_000_000) }), expected: ['long.txt'] },
  {
    title: 'staged, unstaged, untracked and committed changes together',
    work: (dir) => {
      write(dir, { 'committed.txt': 'c' });
      run(dir, 'add', 'committed.txt');
      run(dir, 'commit', '-q', '-m', 'one step');
      write(dir, { 'staged.txt': 's', 'untracked.txt': 'u', 'a.txt': 'unstaged\n' });
      run(dir, 'add', 'staged.txt');
    },
    expected: ['a.txt', 'committed.txt', 'staged.txt', 'untracked.txt'],
  },
  {
    title: 'an ignored file that the agent forced into the index',
    files: { '.gitignore': '*.log\n' },
    work: (dir) => {
      write(dir, { 'kept.log': 'forced', 'left.log': 'ignored' });
      run(dir, 'add', '-f', 'kept.log');
      rmSync(join(dir, 'left.log'));
    },
    expected: ['kept.log'],
  },
  {
    title: 'changes that the agent hid with assume-unchanged and skip-worktree',
    work: (dir) => {
      run(dir, 'update-index', '--assume-unchanged', 'a.txt');
      run(dir, 'update-index', '--skip-worktree', 'docs/b.md');
      write(dir, { 'a.txt': 'hidden\n', 'docs/b.md': 'hidden too\n' });
    },
    expected: ['a.txt', 'docs/b.md'],
  },
  {
    title: 'a tracked file deleted behind skip-worktree',
    work: (dir) => {
      run(dir, 'update-index', '--skip-worktree', 'docs/b.md');
      unlinkSync(join(dir, 'docs/b.md'));
    },
    expected: ['docs/b.md'],
  },
  {
    title: 'an edit that keeps size and time of the file',
    work: (dir) => {
      execFileSync('touch', ['-r', join(dir, 'a.txt'), join(dir, '../stamp')]);
      write(dir, { 'a.txt': 'ONE\ntwo\nthree\n' });
      execFileSync('touch', ['-r', join(dir, '../stamp'), join(dir, 'a.txt')]);
    },
    expected: ['a.txt'],
  },
  {
    title: 'a merge that stopped at a conflict',
    work: (dir) => {
      run(dir, 'checkout', '-q', '-b', 'side');
      write(dir, { 'a.txt': 'side\n' });
      run(dir, 'commit', '-qam', 'side');
      run(dir, 'checkout', '-q', '--detach', 'main');
      write(dir, { 'a.txt': 'main\n' });
      run(dir, 'commit', '-qam', 'main');
      expect(() => run(dir, 'merge', 'side')).toThrow();
    },
    expected: ['a.txt'],
  },
  {
    title: 'an index that the agent deleted',
    work: (dir) => {
      rmSync(join(run(dir, 'rev-parse', '--absolute-git-dir').trim(), 'index'));
      write(dir, { 'new.txt': 'n' });
    },
    expected: ['new.txt'],
  },
  {
    title: 'a .git file that the agent replaced by a repository of its own',
    work: (dir) => {
      rmSync(join(dir, '.git'));
      run(dir, 'init', '-q');
      write(dir, { 'new.txt': 'n' });
      run(dir, 'add', '-A');
      run(dir, 'commit', '-qm', 'my own');
    },
    expected: ['new.txt'],
  },
];

describe('TREE-04 WT-05 WT-06 applying the patch to the base in a fresh clone gives the final files byte for byte', () => {
  for (const kind of kinds) {
    it(kind.title, async () => {
      const bench = new Bench(kind.files);
      const tree = await bench.open();
      kind.work(tree.dir);
      const wanted = listing(tree.dir);
      const changes = await bench.capture(tree);
      expect(changes.error).toBeUndefined();
      expect(changes).toMatchObject({ changed: true, files: [...kind.expected].sort(), base: tree.base });
      expect(listing(bench.replay(changes))).toEqual(wanted);
      expect(run(bench.repo, 'rev-parse', `${bench.target.refName}^{tree}`)).toBe(run(bench.replay(changes), 'write-tree'));
      expect(listing(tree.dir)).toEqual(wanted);
      expect(await bench.capture(tree)).toEqual(changes);
    });
  }

  it('a file name that is not UTF-8', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    mkdirSync(join(tree.dir, 'd'));
    writeFileSync(Buffer.concat([Buffer.from(`${tree.dir}/d/`), Buffer.from([0x66, 0xf6, 0x6f])]), 'latin name');
    const wanted = listing(tree.dir);
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ changed: true, files: ['d/f\ufffdo'] });
    expect(listing(bench.replay(changes))).toEqual(wanted);
  });

  it('a file of 110 MB', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    execFileSync('sh', ['-c', 'head -c 115343360 /dev/urandom > big.bin'], { cwd: tree.dir });
    const hash = (dir: string) => run(dir, 'hash-object', '--no-filters', 'big.bin');
    const wanted = hash(tree.dir);
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ changed: true, files: ['big.bin'], diff: '', diffTruncated: true, diffFile: 'diffs/abc-0-1.patch' });
    expect(hash(bench.replay(changes))).toBe(wanted);
  }, 120_000);
});
