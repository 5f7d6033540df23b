import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openServer } from '../../cli/runs/remove/server-copy.ts';
import { openBlobStore } from '../../temporal/blobs/blob-store.ts';
import { thisProcess } from '../../system/lock-file.ts';
import { startOdw, type Project } from '../support/odw.ts';
import { addedBlobs, blobs, ownHome, withLargePrompt } from '../support/own-home.ts';

const project = ownHome();

interface Report {
  dry_run: boolean;
  leftovers: { kind: string; path: string; bytes: number }[];
  bytes: number;
  kept: { path: string; why: string }[];
  failed: unknown[];
}
const gc = async (in_: Project, ...flags: string[]) => {
  const { code, stdout, stderr } = await in_.odw(['runs', 'gc', '--json', '--min-age', '0', ...flags]);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Report;
};
const run = async (in_: Project, script = 'a.js') => (await in_.odw(['exec', '--script', script, '--no-report'])).runId as string;
const tree = (dir: string): unknown =>
  existsSync(dir) ? readdirSync(dir, { recursive: true, withFileTypes: true }).map((one) => [join(one.parentPath, one.name), one.isFile()]) : null;
const forget = async (id: string) => {
  const server = await openServer();
  await server.end(id, 'test').catch(() => {});
  await server.remove(id);
  await expect.poll(() => server.look(id), { timeout: 150_000, interval: 500 }).toBe('none');
  await server.close();
};

describe('odw runs gc', { timeout: 300_000 }, () => {
  it('ART-01 removes blobs of a run that is gone, keeps those of open, closed and other projects’ runs, and a dry run lists the same and changes nothing', async () => {
    await gc(project({ 'a.js': '' }));
    const before = blobs();
    const [one, two] = [
      project({ 'a.js': withLargePrompt('one'), 'open.js': withLargePrompt('open', `return agent('wait', { mockDelayMs: 6000 });`) }),
      project({ 'a.js': withLargePrompt('two') }),
    ];
    const host = startOdw(['exec', '--script', 'open.js', '--no-report'], { cwd: one.dir });
    await host.until(/start {2}\/ agent-2/, 120_000);
    const [closed, other, gone] = [await run(one), await run(two), await run(two)];
    const mine = project({ 'a.js': withLargePrompt('mine') });
    const doomed = await run(mine);
    expect(closed && other && gone).toBeTruthy();
    const all = addedBlobs(before);

    // Folder and history of one run are gone, as after a removal by hand; the folder alone of another.
    rmSync(mine.runDir(doomed), { recursive: true });
    rmSync(two.runDir(gone), { recursive: true });
    expect((await gc(mine, '--dry-run')).leftovers).toEqual([]);
    await forget(doomed);
    const disk = tree(openBlobStore().folder);
    const dry = await gc(one, '--dry-run');
    expect(tree(openBlobStore().folder)).toEqual(disk);
    expect(new Set(dry.leftovers.map(({ kind }) => kind))).toEqual(new Set(['references', 'blob']));
    expect(dry.bytes).toBeGreaterThan(60_000);
    const done = await gc(one);
    expect({ ...done, dry_run: true }).toEqual(dry);
    expect(addedBlobs(before).length).toBe(all.length - dry.leftovers.filter(({ kind }) => kind === 'blob').length);
    expect((await gc(one)).leftovers).toEqual([]);

    // Everything that is left can be read: the open run ends, and the others are made again from their histories.
    expect(await host.end).toMatchObject({ code: 0 });
    rmSync(two.runDir(other), { recursive: true });
    for (const [in_, id] of [
      [one, closed],
      [two, other],
      [two, gone],
    ] as const)
      expect(await in_.odw(['runs', 'rebuild', id])).toMatchObject({ code: 0, stderr: '' });
  });

  it('keeps the blobs of a project that is not there, until told that it is gone', async () => {
    const before = blobs();
    const one = project({ 'a.js': withLargePrompt('away') });
    const id = await run(one);
    const all = addedBlobs(before);
    renameSync(one.dir, `${one.dir}-away`);
    const elsewhere = project({ 'a.js': '' });
    const report = await gc(elsewhere);
    expect(report.kept.filter(({ path }) => path === one.dir)).toEqual([{ path: one.dir, why: expect.stringContaining('--gone-projects') as string }]);
    expect(addedBlobs(before)).toEqual(all);
    // The server still knows the run, so that its blobs are needed even so.
    await gc(elsewhere, '--gone-projects');
    expect(addedBlobs(before)).toEqual(all);
    renameSync(`${one.dir}-away`, one.dir);
    expect(await one.odw(['runs', 'rebuild', id])).toMatchObject({ code: 0, stderr: '' });
  });

  it('removes locks of dead processes, cut writes, folders of nodes that came to nothing and half-removed runs, in closed runs only', async () => {
    const one = project({ 'a.js': 'return 1' });
    const id = await run(one);
    const dir = one.runDir(id);
    const dead = JSON.stringify({ ...thisProcess(), pid: 999_999_999 });
    writeFileSync(join(dir, 'host.lock'), dead);
    writeFileSync(join(dir, 'state.json.tmp.999.0'), '{');
    mkdirSync(join(dir, 'nodes', 'abc-1'), { recursive: true });
    writeFileSync(join(dir, 'nodes', 'abc-1', 'dispatch.json'), '{}');
    mkdirSync(join(dir, 'nodes', 'abc-2'), { recursive: true });
    const outcome = { status: 'ok', value: 1, isText: false, tokens: null, taken: 'started', events: [] };
    writeFileSync(join(dir, 'nodes', 'abc-2', 'outcome.json'), JSON.stringify(outcome));
    const removing = join(one.dir, '.odw', 'runs', '.removing-odw-exec-1-1');
    mkdirSync(removing);
    writeFileSync(join(removing, 'run.json'), '{}');
    const foreign = join(one.dir, '.odw', 'runs', 'foreign');
    mkdirSync(foreign);
    const dry = await gc(one, '--dry-run');
    expect(dry.leftovers.map(({ kind, path }) => [kind, path])).toEqual([
      ['removed-run', removing],
      ['lock', join(dir, 'host.lock')],
      ['temporary', join(dir, 'state.json.tmp.999.0')],
      ['node-folder', join(dir, 'nodes', 'abc-1')],
    ]);
    expect(dry.leftovers.every(({ path }) => existsSync(path))).toBe(true);
    expect((await gc(one)).leftovers).toEqual(dry.leftovers);
    expect(dry.leftovers.some(({ path }) => existsSync(path))).toBe(false);
    expect([existsSync(foreign), existsSync(join(dir, 'nodes', 'abc-2', 'outcome.json')), existsSync(join(dir, 'events.jsonl'))]).toEqual([true, true, true]);

    // A living host's files are its own.
    writeFileSync(join(dir, 'host.lock'), JSON.stringify(thisProcess()));
    writeFileSync(join(dir, 'state.json.tmp.999.0'), '{');
    expect((await gc(one)).leftovers).toEqual([]);
    rmSync(join(dir, 'host.lock'));
    utimesSync(join(dir, 'state.json.tmp.999.0'), new Date(), new Date());
    expect((await gc(one, '--min-age', '1')).leftovers).toEqual([]);
  });

  it('removes a worktree of a closed run that holds nothing, and names one with unsaved work', async () => {
    const one = project({ 'a.js': 'return 1', 'file.txt': 'base' }).git();
    const id = await run(one);
    const { worktree_root } = JSON.parse(readFileSync(join(one.runDir(id), 'run.json'), 'utf8')) as { worktree_root: string };
    const git = (dir: string, ...args: string[]) => execFileSync('git', args, { cwd: dir, encoding: 'utf8' }).trim();
    const leave = (name: string) => {
      const dir = join(worktree_root, id, name);
      mkdirSync(join(worktree_root, id), { recursive: true });
      git(one.dir, 'worktree', 'add', '-q', '--detach', '--lock', dir);
      const base = git(dir, 'rev-parse', 'HEAD');
      const record = { version: 1, dir, base, refs: [base], createdMs: 1, state: 'ready' };
      writeFileSync(join(git(dir, 'rev-parse', '--absolute-git-dir'), 'odw.json'), JSON.stringify(record));
      return dir;
    };
    const [clean, worked] = [leave('clean-1'), leave('worked-2')];
    writeFileSync(join(worked, 'new.bin'), Buffer.from([0, 1, 2]));
    const report = await gc(one);
    expect(report.leftovers.map(({ kind, path }) => [kind, path])).toEqual([['worktree', clean]]);
    expect(report.kept.map(({ path }) => path).filter((path) => path.includes(id))).toEqual([worked]);
    expect([existsSync(clean), readFileSync(join(worked, 'new.bin')).length]).toEqual([false, 3]);
    expect(git(one.dir, 'for-each-ref', 'refs/odw')).toBe('');
    expect((await one.odw(['runs', 'gc', '--dry-run'])).stdout).toMatch(
      /kept {2}\S+worked-2: it holds work of run \S+ that is kept nowhere else\n(.*\n)*0 leftovers, 0 B; nothing was removed\n$/,
    );
  });
});
