import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { captureWorktree } from '../../activities/worktree/capture.ts';
import { openWorktree } from '../../activities/worktree/open.ts';
import { readProcess } from '../../system/process-table.ts';
import { Bench, temporaryFolder } from './support.ts';

afterEach(() => vi.unstubAllEnvs());

/** Puts a `git` on PATH that does something before the real one runs a command. */
function gitBefore(command: string, act: string): string {
  const bin = temporaryFolder();
  const path = String(process.env['PATH']);
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nPATH='${path}'\nbin='${bin}'\ncase " $* " in ${command}) ${act} ;; esac\nexec git "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  vi.stubEnv('PATH', `${bin}${delimiter}${path}`);
  return bin;
}

describe('CLI-04 git and signals', () => {
  it('each git is in a process group of its own, which Ctrl-C in a terminal does not reach', async () => {
    const bench = new Bench();
    const bin = gitBefore('*', `ps -o pgid= -p $$ >> "$bin/groups"`);
    const tree = await openWorktree({ root: bench.repo, dir: bench.dir, base: 'head' });
    writeFileSync(join(tree.dir, 'new.txt'), 'new');
    expect(await captureWorktree(tree, bench.target)).toMatchObject({ files: ['new.txt'] });
    const groups = readFileSync(join(bin, 'groups'), 'utf8').split('\n').filter(Boolean).map(Number);
    expect(groups.length).toBeGreaterThan(5);
    expect(groups).not.toContain(readProcess(process.pid)?.group);
  });

  for (const command of ['worktree add', 'read-tree --reset'] as const) {
    it(`WT-11 a tree is made although git ${command} was killed in it`, async () => {
      const bench = new Bench();
      const bin = gitBefore(`*" ${command} "*`, `if mkdir "$bin/killed" 2>/dev/null; then kill -9 $$; fi`);
      const tree = await openWorktree({ root: bench.repo, dir: bench.dir, base: 'head' });
      expect(existsSync(join(bin, 'killed'))).toBe(true);
      expect(readFileSync(join(tree.dir, 'a.txt'), 'utf8')).toBe('one\ntwo\nthree\n');
    });
  }

  for (const command of ['write-tree', 'update-ref', 'diff-tree'] as const) {
    it(`WT-09 work is captured although git ${command} was killed in it`, async () => {
      const bench = new Bench();
      const tree = await openWorktree({ root: bench.repo, dir: bench.dir, base: 'head' });
      writeFileSync(join(tree.dir, 'new.txt'), 'new');
      const bin = gitBefore(`*" ${command} "*`, `if mkdir "$bin/killed" 2>/dev/null; then kill -9 $$; fi`);
      const captured = await captureWorktree(tree, bench.target);
      expect(existsSync(join(bin, 'killed'))).toBe(true);
      expect(captured).toMatchObject({ changed: true, files: ['new.txt'] });
      expect(captured.error).toBeUndefined();
    });
  }

  it('WT-09 who kills every git learns that the work stays where it is', async () => {
    const bench = new Bench();
    const tree = await openWorktree({ root: bench.repo, dir: bench.dir, base: 'head' });
    writeFileSync(join(tree.dir, 'new.txt'), 'new');
    gitBefore(`*" write-tree "*`, `kill -9 $$`);
    expect(await captureWorktree(tree, bench.target)).toMatchObject({ changed: true, path: tree.dir, error: expect.stringContaining('is kept') as string });
    expect(readFileSync(join(tree.dir, 'new.txt'), 'utf8')).toBe('new');
  });
});
