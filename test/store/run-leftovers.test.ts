import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInRuns } from '../../cli/runs/gc/run-leftovers.ts';
import { folderBytes, sizeText } from '../../cli/runs/remove/folder-bytes.ts';
import { makeRunFolder, type FolderStory } from '../support/run-folders.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odw-leftovers-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const completed: FolderStory = { exit: { status: 'completed', code: 0 } };

/** A node's folder in a run: files by name, made with their folders. */
function node(runDir: string, name: string, files: Record<string, string> = { 'dispatch.json': '{}' }): string {
  const dir = join(runDir, 'nodes', name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(dir, file, '..'), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
  return dir;
}

/** A step whose supervisor recorded this exit code. */
const step = (code: string) => ({
  '1/step.json': JSON.stringify({ number: 1, action: 'exec', round: 0, argv: [], cwd: '/', dispatchId: 'd', startedMs: 1 }),
  '1/code': code,
});

const found = (minAgeMs = 0) => findInRuns(root, minAgeMs).leftovers.map(({ kind, path }) => [kind, path]);

describe('what gc finds in run folders', () => {
  it('is nothing where there is no run, and in a run as it should be', async () => {
    expect(findInRuns(root, 0)).toEqual({ leftovers: [], kept: [] });
    const dir = await makeRunFolder(root, 'r1', completed);
    node(dir, 'n1', { ...step('0 end'), 'outcome.json': '{}' });
    expect(findInRuns(root, 0)).toEqual({ leftovers: [], kept: [] });
  });

  it('RES-13 never is an answer that nobody took: it is named and kept, while a node that came to nothing goes', async () => {
    const dir = await makeRunFolder(root, 'r1', { exit: { status: 'cancelled', code: 1 } });
    const answered = node(dir, 'answered', { ...step('0 end'), '1/report.json': '{"ok":true}' });
    const killed = node(dir, 'killed', step('143 end'));
    const failed = node(dir, 'failed', step('1 end'));
    const never = node(dir, 'never');
    const isolated = node(dir, 'isolated', { ...step('1 end'), 'worktree.json': '{}' });
    const { leftovers, kept } = findInRuns(root, 0);
    expect(leftovers.map(({ path }) => path).sort()).toEqual([failed, killed, never].sort());
    expect(kept).toEqual([{ path: answered, why: 'its executor ended well, and nobody took its answer' }]);
    for (const one of leftovers) await one.remove();
    expect([answered, isolated, failed, killed, never].map((path) => existsSync(path))).toEqual([true, true, false, false, false]);
  });

  it.each<[string, FolderStory]>([
    ['is hosted', { host: 'alive' }],
    ['was interrupted: its next host goes on with these nodes', { host: 'dead' }],
  ])('EXEC-13 is no node of a run that %s', async (_, story) => {
    node(await makeRunFolder(root, 'r1', story), 'n1', step('1 end'));
    expect(found().filter(([kind]) => kind === 'node-folder')).toEqual([]);
  });

  it('is the lock of a process that is gone, and never that of one that lives or is on another machine', async () => {
    const dead = await makeRunFolder(root, 'dead', { ...completed, host: 'dead' });
    await makeRunFolder(root, 'alive', { ...completed, host: 'alive' });
    const other = await makeRunFolder(root, 'other', completed);
    writeFileSync(join(other, 'host.lock'), JSON.stringify({ host: 'another-machine', pid: 1, start: '1' }));
    const torn = await makeRunFolder(root, 'torn', completed);
    writeFileSync(join(torn, 'host.lock'), '{"host"');
    expect(found()).toEqual([['lock', join(dead, 'host.lock')]]);
  });

  it('is a write that was cut short long enough ago, and no file with a name like it', async () => {
    const dir = await makeRunFolder(root, 'r1', completed);
    const [cut, patch] = [join(dir, 'state.json.tmp.12.3'), join(dir, 'diffs', 'n1.patch.part.12')];
    mkdirSync(join(dir, 'diffs'));
    for (const path of [cut, patch, join(dir, 'notes.tmp'), join(dir, 'a.tmp.x.1'), join(dir, 'diffs', 'part.1x')]) writeFileSync(path, 'x');
    utimesSync(cut, new Date(0), new Date(0));
    expect(found(3_600_000)).toEqual([['temporary', cut]]);
    expect(found()).toEqual([
      ['temporary', cut],
      ['temporary', patch],
    ]);
  });

  it('is a run whose removal was cut short, with its size', async () => {
    const dir = join(root, '.odw', 'runs', '.removing-r1');
    mkdirSync(join(dir, 'diffs'), { recursive: true });
    writeFileSync(join(dir, 'diffs', 'a'), 'x'.repeat(1200));
    const { leftovers } = findInRuns(root, 0);
    expect(leftovers.map(({ kind, bytes }) => [kind, bytes])).toEqual([['removed-run', 1200]]);
    for (const one of leftovers) await one.remove();
    expect(existsSync(dir)).toBe(false);
  });

  it('counts the bytes of files, follows no link, and says sizes in units of a thousand', () => {
    const big = join(root, 'big');
    writeFileSync(big, 'x'.repeat(100_000));
    mkdirSync(join(root, 'folder'));
    symlinkSync(big, join(root, 'folder', 'link'));
    expect([folderBytes(join(root, 'nowhere')), folderBytes(big), folderBytes(join(root, 'folder')) < 5000]).toEqual([0, 100_000, true]);
    expect([0, 999, 1000, 1_499_000, 2_500_000_000, 3e15].map(sizeText)).toEqual(['0 B', '999 B', '1.0 kB', '1.5 MB', '2.5 GB', '3000.0 TB']);
  });
});
