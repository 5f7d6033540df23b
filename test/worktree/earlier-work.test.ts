import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureWorktree } from '../../activities/worktree/capture.ts';
import { keepEarlierWork, patchFile, type RunWork } from '../../activities/worktree/earlier-work.ts';
import { removeWorktree } from '../../activities/worktree/remove.ts';
import { Bench, run, temporaryFolder, write } from './support.ts';

/** A run of a project: its folder, and its name in hidden refs. */
function work(bench: { folder: string }, name: string): RunWork {
  return { runDir: join(bench.folder, name), refFolder: name };
}

/** Lets a node of a run change files, captures that as the run does, and gives what its result says. */
async function change(bench: Bench, of: RunWork, nodeId: string, files: Record<string, string | Buffer>) {
  const tree = await bench.open();
  write(tree.dir, files);
  const changes = await captureWorktree(tree, { runDir: of.runDir, nodeId, refName: `refs/odw/${of.refFolder}/${nodeId}` });
  await removeWorktree(tree);
  expect(changes.error).toBeUndefined();
  return changes;
}

/** Two runs of a project in no repository, of which the first left these patches. */
function resumed(...names: string[]) {
  const folder = temporaryFolder();
  const [first, second] = [work({ folder }, 'r1'), work({ folder }, 'r2')];
  write(first.runDir, Object.fromEntries(names.map((name) => [`diffs/${name}.patch`, `patch ${name}`])));
  return { folder, first, second };
}

const refs = (bench: Bench, prefix: string) => run(bench.repo, 'for-each-ref', '--format=%(refname)', `refs/odw/${prefix}/`).split('\n').filter(Boolean);
const diffs = (of: RunWork) => readdirSync(join(of.runDir, 'diffs')).sort();

describe('the patches and commits that reused results name', () => {
  it('RES-04 WT-07 TREE-04 belong to the run that reuses them: they stay, byte for byte, when the first run is removed', async () => {
    const bench = new Bench();
    const [first, second] = [work(bench, 'first'), work(bench, 'second')];
    const text = await change(bench, first, 'n1', { 'a.txt': 'changed\n', 'new/ü.md': 'new\n' });
    const binary = await change(bench, first, 'n2', { 'logo.png': Buffer.from([0, 255, 10, 13, 0]) });
    const patches = [text, binary].map(({ diffFile }) => readFileSync(join(first.runDir, diffFile!)));
    await keepEarlierWork(bench.repo, first, second);

    rmSync(first.runDir, { recursive: true });
    for (const ref of refs(bench, 'first')) run(bench.repo, 'update-ref', '-d', ref);
    run(bench.repo, 'reflog', 'expire', '--expire=now', '--all');
    run(bench.repo, 'gc', '-q', '--prune=now');
    for (const [n, { diffFile }] of [text, binary].entries()) expect(readFileSync(join(second.runDir, diffFile!))).toEqual(patches[n]);
    expect(refs(bench, 'second')).toEqual(['refs/odw/second/earlier/first/n1', 'refs/odw/second/earlier/first/n2']);
    expect(run(bench.repo, 'show', 'refs/odw/second/earlier/first/n1:new/ü.md')).toBe('new\n');
    expect(run(bench.repo, 'cat-file', '-s', 'refs/odw/second/earlier/first/n2:logo.png').trim()).toBe('5');
  });

  it('RES-04 TREE-04 go on along a lineage under one name, however often it is resumed', async () => {
    const bench = new Bench();
    const [first, second, third] = [work(bench, 'r1'), work(bench, 'r2'), work(bench, 'r3')];
    write(first.runDir, { 'diffs/n1.patch': 'patch n1' });
    run(bench.repo, 'update-ref', 'refs/odw/r1/n1', 'HEAD');
    await keepEarlierWork(bench.repo, first, second);
    write(second.runDir, { 'diffs/n2.patch': 'patch n2' });
    run(bench.repo, 'update-ref', 'refs/odw/r2/n2', 'HEAD');
    await keepEarlierWork(bench.repo, second, third);
    // A resume that was cut short does it once more.
    await keepEarlierWork(bench.repo, second, third);
    expect(refs(bench, 'r3')).toEqual(['refs/odw/r3/earlier/r1/n1', 'refs/odw/r3/earlier/r2/n2']);
    expect(diffs(third)).toEqual(['earlier.json', 'n1.patch', 'n2.patch']);
    expect(refs(bench, 'r1')).toEqual(['refs/odw/r1/n1']);
  });

  it('WT-07 a node of the new run never writes over a patch that was taken over, and names its own the same each time', async () => {
    const bench = new Bench();
    const [first, second] = [work(bench, 'r1'), work(bench, 'r2')];
    const before = await change(bench, first, 'n1', { 'a.txt': 'before\n' });
    const kept = readFileSync(join(first.runDir, before.diffFile!), 'utf8');
    await keepEarlierWork(bench.repo, first, second);
    const after = await change(bench, second, 'n1', { 'a.txt': 'after\n' });
    expect([before.diffFile, after.diffFile]).toEqual(['diffs/n1.patch', 'diffs/n1~2.patch']);
    expect(readFileSync(join(second.runDir, 'diffs/n1.patch'), 'utf8')).toBe(kept);
    expect(readFileSync(join(first.runDir, 'diffs/n1.patch'), 'utf8')).toBe(kept);
    expect(readFileSync(join(second.runDir, 'diffs/n1~2.patch'), 'utf8')).toContain('+after');
    // The capture done again, by a host that took over, goes to the same name.
    expect(patchFile(second.runDir, 'n1')).toBe('diffs/n1~2.patch');
    const third = work(bench, 'r3');
    await keepEarlierWork(bench.repo, second, third);
    expect(patchFile(third.runDir, 'n1')).toBe('diffs/n1~3.patch');
    expect(patchFile(third.runDir, 'n2')).toBe('diffs/n2.patch');
  });

  it('PROC-05 of a run whose taking over was cut short, what is there is not taken for its own', async () => {
    const { folder, first, second } = resumed('n1', 'n2');
    await keepEarlierWork(folder, first, second);
    rmSync(join(second.runDir, 'diffs/n2.patch'));
    expect(patchFile(second.runDir, 'n2')).toBe('diffs/n2~2.patch');
    await keepEarlierWork(folder, first, second);
    expect(readFileSync(join(second.runDir, 'diffs/n2.patch'), 'utf8')).toBe('patch n2');
  });

  it('takes no more room than one patch, and leaves a patch that is there already as it is', async () => {
    const { folder, first, second } = resumed('n1');
    await keepEarlierWork(folder, first, second);
    expect(statSync(join(second.runDir, 'diffs/n1.patch')).ino).toBe(statSync(join(first.runDir, 'diffs/n1.patch')).ino);
    rmSync(join(second.runDir, 'diffs/n1.patch'));
    writeFileSync(join(second.runDir, 'diffs/n1.patch'), 'its own');
    await keepEarlierWork(folder, first, second);
    expect(readFileSync(join(second.runDir, 'diffs/n1.patch'), 'utf8')).toBe('its own');
  });

  it('WT-01 a project that is in no repository any more keeps its patches', async () => {
    const { folder, first, second } = resumed('n1');
    await keepEarlierWork(folder, first, second);
    expect(diffs(second)).toEqual(['earlier.json', 'n1.patch']);
  });

  it('a run without patches gives nothing, and makes no folder; other files are no patches', async () => {
    const { folder, first, second } = resumed();
    await keepEarlierWork(folder, first, second);
    write(first.runDir, { 'diffs/n1.patch.part.77': 'cut', 'diffs/notes.txt': 'x' });
    await keepEarlierWork(folder, first, second);
    expect(existsSync(second.runDir)).toBe(false);
    expect(patchFile(second.runDir, 'n1')).toBe('diffs/n1.patch');
  });

  it.each(['["n1.pat', 'null', '{}', '7', ''])('WT-09 a list of earlier patches that is damaged (%j) lets none be written over', async (damage) => {
    const { folder, first, second } = resumed('n1');
    await keepEarlierWork(folder, first, second);
    writeFileSync(join(second.runDir, 'diffs/earlier.json'), damage);
    expect(patchFile(second.runDir, 'n1')).toBe('diffs/n1~2.patch');
    expect(patchFile(second.runDir, 'n2')).toBe('diffs/n2.patch');
  });

  it('a folder that cannot be written is told, not passed over', async () => {
    const { folder, first, second } = resumed('n1');
    mkdirSync(second.runDir);
    writeFileSync(join(second.runDir, 'diffs'), 'a file in the way');
    await expect(keepEarlierWork(folder, first, second)).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
