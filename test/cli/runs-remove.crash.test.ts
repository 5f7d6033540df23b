import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openServer } from '../../cli/runs/remove/server-copy.ts';
import { startOdw, type Project } from '../support/odw.ts';
import { addedBlobs, blobs, ownHome, withLargePrompt } from '../support/own-home.ts';

const project = ownHome();

const run = async (in_: Project, script: string, ...flags: string[]) => {
  const { runId, code, stderr } = await in_.odw(['exec', '--script', script, '--no-report', ...flags]);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return runId as string;
};
const git = (dir: string, ...args: string[]) => execFileSync('git', args, { cwd: dir, encoding: 'utf8' }).trim();

describe('odw runs rm', { timeout: 300_000 }, () => {
  it('ART-01 removes a run with its blobs, but for those that a run of another project refers to', async () => {
    const before = blobs();
    const [one, two] = [project({ 'a.js': withLargePrompt('abc') }), project({ 'a.js': withLargePrompt('abc') })];
    const [first, second] = [await run(one, 'a.js'), await run(two, 'a.js')];
    const all = addedBlobs(before);
    expect(all.length).toBeGreaterThan(0);
    const removed = await one.odw(['runs', 'rm', first, '--yes', '--json']);
    expect([removed.code, removed.stderr]).toEqual([0, '']);
    const [report] = JSON.parse(removed.stdout) as Record<string, unknown>[];
    expect(report).toMatchObject({ run_id: first, history: 'deleted', worktrees: [], refs: 0, notes: [] });
    expect(existsSync(one.runDir(first))).toBe(false);
    expect(readdirSync(join(one.dir, '.odw', 'runs')).filter((name) => name !== '.gitignore')).toEqual([]);

    // The other project's run is whole: it can be made again from its history, blobs included.
    rmSync(two.runDir(second), { recursive: true });
    expect(await two.odw(['runs', 'rebuild', second])).toMatchObject({ code: 0, stderr: '' });
    expect((await two.odw(['runs', 'rm', 'latest', '--yes'])).stdout).toContain(`removed ${second}: folder`);
    expect(addedBlobs(before)).toEqual([]);

    // The server deletes its copies in its own time, half a minute or so.
    const server = await openServer();
    for (const id of [first, second]) await expect.poll(() => server.look(id), { timeout: 150_000, interval: 500 }).toBe('none');
    await server.close();
  });

  it('lets latest name the newest run that is left', async () => {
    const one = project({ 'a.js': 'return 1' });
    const [first, second] = [await run(one, 'a.js'), await run(one, 'a.js')];
    expect((await one.odw(['runs', 'rm', second, '--yes'])).code).toBe(0);
    expect((JSON.parse((await one.odw(['runs', 'show', '--json'])).stdout) as { run: { run_id: string } }).run.run_id).toBe(first);
    expect((await one.odw(['runs', 'rm', first, '--yes'])).code).toBe(0);
    expect(existsSync(join(one.dir, '.odw', 'runs', 'latest.json'))).toBe(false);
  });

  it("with --keep-history leaves the server's copy and its blobs, and the folder can be made again", async () => {
    const before = blobs();
    const one = project({ 'a.js': withLargePrompt('kept') });
    const id = await run(one, 'a.js');
    const events = readFileSync(join(one.runDir(id), 'events.jsonl'), 'utf8');
    const all = addedBlobs(before);
    expect((await one.odw(['runs', 'rm', id, '--yes', '--keep-history'])).stdout).toContain("the server's copy is kept");
    expect(existsSync(one.runDir(id))).toBe(false);
    expect(addedBlobs(before)).toEqual(all);
    expect((await one.odw(['runs', 'rebuild', id])).code).toBe(0);
    expect(readFileSync(join(one.runDir(id), 'events.jsonl'), 'utf8')).toBe(events);
  });

  it('HIST-02 refuses every folder that is not a run of this name, and goes on with the others', async () => {
    const one = project({ 'a.js': 'return 1' });
    const id = await run(one, 'a.js');
    const runs = join(one.dir, '.odw', 'runs');
    mkdirSync(join(runs, 'foreign'));
    writeFileSync(join(runs, 'foreign', 'precious.txt'), 'mine');
    mkdirSync(join(runs, 'renamed'));
    writeFileSync(join(runs, 'renamed', 'run.json'), readFileSync(join(one.runDir(id), 'run.json')));
    const elsewhere = project({ 'run.json': readFileSync(join(one.runDir(id), 'run.json'), 'utf8').replaceAll(id, 'linked') });
    symlinkSync(elsewhere.dir, join(runs, 'linked'));
    const ended = await one.odw(['runs', 'rm', 'foreign', 'renamed', 'linked', 'nowhere', id, '--yes', '--json']);
    expect(ended.code).toBe(1);
    expect((JSON.parse(ended.stdout) as { run_id: string; error?: { category: string } }[]).map((one) => [one.run_id, one.error?.category])).toEqual([
      ['foreign', 'run-foreign'],
      ['renamed', 'run-foreign'],
      ['linked', 'run-foreign'],
      ['nowhere', 'run-not-found'],
      [id, undefined],
    ]);
    expect(readFileSync(join(runs, 'foreign', 'precious.txt'), 'utf8')).toBe('mine');
    expect([existsSync(join(runs, 'renamed', 'run.json')), existsSync(join(elsewhere.dir, 'run.json')), existsSync(one.runDir(id))]).toEqual([
      true,
      true,
      false,
    ]);
    for (const bad of ['..', 'a/b', '']) expect((await one.odw(['runs', 'rm', bad, '--yes'])).code).toBe(1);
  });

  it('asks, and removes nothing where nobody can be asked', async () => {
    const one = project({ 'a.js': 'return 1' });
    const id = await run(one, 'a.js');
    const refused = await one.odw(['runs', 'rm', id]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(existsSync(one.runDir(id))).toBe(true);
  });

  it('refuses a run that is hosted or open, and stops it with --force', async () => {
    const one = project({ 'a.js': `await agent('slow', { mockDelayMs: 600000 })` });
    const host = startOdw(['exec', '--script', 'a.js'], { cwd: one.dir });
    await host.until(/start {2}\/ agent-1/, 120_000);
    const hosted = await one.odw(['runs', 'rm', 'latest', '--yes']);
    expect([hosted.code, hosted.stderr]).toEqual([1, expect.stringMatching(/was not removed: process \d+ hosts it/)]);
    const forced = await one.odw(['runs', 'rm', 'latest', '--yes', '--force', '--json']);
    expect([forced.code, forced.stderr]).toEqual([0, '']);
    const { runId } = await host.end;
    expect(existsSync(one.runDir(runId as string))).toBe(false);

    const killed = startOdw(['exec', '--script', 'a.js'], { cwd: one.dir });
    await killed.until(/start {2}\/ agent-1/, 120_000);
    killed.child.kill('SIGKILL');
    const open = (await killed.end).runId as string;
    expect((await one.odw(['runs', 'rm', open, '--yes'])).stderr).toContain('it is open on the server');
    expect(existsSync(join(one.runDir(open), 'run.json'))).toBe(true);
    expect((await one.odw(['runs', 'rm', open, '--yes', '--force'])).code).toBe(0);
    expect(existsSync(one.runDir(open))).toBe(false);
  });

  it('removes the hidden refs of what was captured, and never a worktree with work that is kept nowhere else', async () => {
    const one = project({ 'a.js': `return agent('w', { isolation: 'worktree', mockWriteFile: 'new.txt' })`, 'file.txt': 'base' }).git();
    const id = await run(one, 'a.js');
    const refs = () => git(one.dir, 'for-each-ref', '--format=%(refname)', 'refs/odw');
    expect(refs().split('\n')).toHaveLength(1);

    // What a host leaves that is killed before the capture: a registered tree in which an agent worked.
    const kept = JSON.parse(readFileSync(join(one.runDir(id), 'run.json'), 'utf8')) as { worktree_root: string };
    const dir = join(kept.worktree_root, id, 'left-1');
    mkdirSync(join(kept.worktree_root, id), { recursive: true });
    git(one.dir, 'worktree', 'add', '-q', '--detach', '--lock', dir);
    const gitDir = git(dir, 'rev-parse', '--absolute-git-dir');
    const base = git(dir, 'rev-parse', 'HEAD');
    writeFileSync(join(gitDir, 'odw.json'), JSON.stringify({ version: 1, dir, base, refs: [base], createdMs: 1, state: 'ready' }));
    writeFileSync(join(dir, 'file.txt'), 'what an agent wrote');
    const refused = await one.odw(['runs', 'rm', id, '--yes', '--force']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`worktree ${dir} holds work`)]);
    expect(readFileSync(join(dir, 'file.txt'), 'utf8')).toBe('what an agent wrote');
    expect([existsSync(join(one.runDir(id), 'run.json')), refs().split('\n').length]).toEqual([true, 1]);

    // A tree that nobody changed holds nothing.
    writeFileSync(join(dir, 'file.txt'), 'base');
    const [removed] = JSON.parse((await one.odw(['runs', 'rm', id, '--yes', '--json'])).stdout) as Record<string, unknown>[];
    expect(removed).toMatchObject({ worktrees: [dir], refs: 1 });
    expect([existsSync(dir), existsSync(gitDir), refs()]).toEqual([false, false, '']);
  });
});
