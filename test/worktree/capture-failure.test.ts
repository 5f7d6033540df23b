import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFull } from './full-disk.ts';
import { asOrdinaryUser } from './ordinary-user.ts';
import { Bench, run, write } from './support.ts';

describe('WT-09 a capture that fails says so, and keeps the tree', () => {
  it('an unreadable file', async () => {
    const bench = new Bench();
    await asOrdinaryUser(bench.folder, async () => {
      const tree = await bench.open();
      write(tree.dir, { 'secret.txt': 's' });
      chmodSync(join(tree.dir, 'secret.txt'), 0o000);
      const changes = await bench.capture(tree);
      expect(changes).toMatchObject({ path: tree.dir, error: expect.stringMatching(/could not be captured.*secret\.txt.*Permission denied/s) });
      chmodSync(join(tree.dir, 'secret.txt'), 0o600);
      expect((await bench.capture(tree)).files).toEqual(['secret.txt']);
    });
  });

  it('an unreadable folder, whose files must not count as deleted', async () => {
    const bench = new Bench();
    await asOrdinaryUser(bench.folder, async () => {
      const tree = await bench.open();
      write(tree.dir, { 'hidden/x.txt': 'x' });
      chmodSync(join(tree.dir, 'hidden'), 0o000);
      chmodSync(join(tree.dir, 'docs'), 0o000);
      expect(await bench.capture(tree)).toMatchObject({ files: [], path: tree.dir, error: expect.stringContaining('Permission denied') });
      expect(existsSync(join(bench.target.runDir, 'diffs'))).toBe(false);
    });
  });

  it('a damaged index', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    writeFileSync(join(tree.gitDir, 'index'), 'this is no index');
    expect(await bench.capture(tree)).toMatchObject({ changed: true, path: tree.dir, error: expect.stringContaining('index') });
    expect(readFileSync(join(tree.dir, 'x.txt'), 'utf8')).toBe('x');
  });

  it('a clean filter that fails', async () => {
    const bench = new Bench({ '.gitattributes': '*.bin filter=broken\n', 'a.txt': 'a' });
    const tree = await bench.open();
    run(bench.repo, 'config', 'filter.broken.clean', 'false');
    run(bench.repo, 'config', 'filter.broken.required', 'true');
    write(tree.dir, { 'x.bin': 'x' });
    expect(await bench.capture(tree)).toMatchObject({ path: tree.dir, error: expect.stringContaining('x.bin') });
  });

  it('a folder for patches that cannot be written', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    writeFileSync(bench.target.runDir, 'a file where the run folder should be');
    expect(await bench.capture(tree)).toMatchObject({ path: tree.dir, error: expect.stringContaining('could not be captured') });
    expect(run(bench.repo, 'show', `${bench.target.refName}:x.txt`)).toBe('x');
  });

  it('a hidden ref that cannot be made', async () => {
    const bench = new Bench();
    run(bench.repo, 'update-ref', 'refs/odw/run-1', 'HEAD');
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    expect(await bench.capture(tree)).toMatchObject({ path: tree.dir, error: expect.stringContaining('refs/odw/run-1') });
  }, 60_000);

  it('a full disk', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x'.repeat(100_000) });
    mkdirSync(join(bench.target.runDir, 'diffs'), { recursive: true });
    const changes = await writeFull(join(bench.target.runDir, `diffs/${bench.target.nodeId}.patch.part.${process.pid}`), () => bench.capture(tree));
    expect(changes).toMatchObject({ path: tree.dir, error: expect.stringMatching(/no space left|write failure/i) });
    expect(existsSync(tree.dir)).toBe(true);
    expect((await bench.capture(tree)).files).toEqual(['x.txt']);
  });

  it('after the cause is gone the same tree is captured in full', async () => {
    const bench = new Bench();
    const tree = await bench.open();
    write(tree.dir, { 'x.txt': 'x' });
    const index = readFileSync(join(tree.gitDir, 'index'));
    writeFileSync(join(tree.gitDir, 'index'), 'damaged');
    expect((await bench.capture(tree)).error).toBeDefined();
    writeFileSync(join(tree.gitDir, 'index'), index);
    expect(await bench.capture(tree)).toMatchObject({ changed: true, files: ['x.txt'] });
    execFileSync('git', ['fsck', '--no-dangling'], { cwd: bench.repo, stdio: 'pipe' });
  });
});
