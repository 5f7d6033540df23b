import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isNodeLeft } from '../../activities/run-node/node-left.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import { identify } from '../../system/process-table.ts';
import { fixture, host, lines, request, tempDir, until } from './support.ts';

const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A repository with two committed files, and a node that is to work in a worktree of it. */
function isolated(fields: Partial<NodeRequest> = {}): { root: string; node: NodeRequest; dir: string } {
  const root = tempDir();
  git(root, 'init', '-q', '-b', 'main');
  writeFileSync(join(root, 'tracked.txt'), 'one\n');
  writeFileSync(join(root, 'doomed.txt'), 'bye\n');
  git(root, 'add', '.');
  git(root, '-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-q', '-m', 'First');
  const dir = join(tempDir(), 'tree');
  return { root, dir, node: request(root, { worktree: { dir, base: 'head', refName: 'refs/odw/run-1/node' }, ...fields }) };
}

const registered = (root: string) =>
  git(root, 'worktree', 'list', '--porcelain')
    .split('\n')
    .filter((line) => line.startsWith('worktree ')).length;

describe('a node in a worktree', () => {
  it('WT-03 WT-05 WT-10 works there, gives what it changed, and leaves no tree', async () => {
    const { root, dir, node } = isolated();
    const outcome = await runNode(node, host(fixture('editor.sh')));
    expect(outcome).toMatchObject({ status: 'ok', value: 'edited', worktree: { changed: true, files: ['doomed.txt', 'picture.bin', 'tracked.txt'] } });
    expect(outcome.worktree?.commits?.map((commit) => commit.subject)).toEqual(['Agent commit']);
    expect(existsSync(dir)).toBe(false);
    expect(registered(root)).toBe(1);
    expect(readFileSync(join(root, 'tracked.txt'), 'utf8')).toBe('one\n');
    // The patch holds all of it, the binary file included.
    git(root, 'apply', '--binary', join(node.runDir, outcome.worktree!.diffFile!));
    expect(readFileSync(join(root, 'tracked.txt'), 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(join(root, 'picture.bin'))).toEqual(Buffer.from('\0\x01\xffbinary', 'latin1'));
    expect(existsSync(join(root, 'doomed.txt'))).toBe(false);
  });

  it('WT-10 captures and removes after a failure too, and SCH-11 keeps that failure', async () => {
    const { root, dir, node } = isolated();
    const outcome = await runNode(node, host(fixture('editor.sh'), { ODW_FIXTURE_END: 'fail' }));
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'overloaded', retryable: true }, worktree: { changed: true } });
    expect(outcome.worktree?.files).toContain('picture.bin');
    expect([existsSync(dir), registered(root)]).toEqual([false, 1]);
  });

  it('RUN-05 no final text is success when files were changed, and empty_result when none were', async () => {
    expect(await runNode(isolated().node, host(fixture('editor.sh'), { ODW_FIXTURE_END: 'mute' }))).toMatchObject({
      status: 'ok',
      value: '',
      worktree: { changed: true },
    });
    expect(await runNode(isolated().node, host(fixture('silent.sh')))).toMatchObject({
      status: 'failed',
      failure: { category: 'empty_result' },
      worktree: { changed: false, files: [] },
    });
  });

  it('EXEC-12 WT-11 a stop ends the executor, then captures and removes', async () => {
    const { root, dir, node } = isolated();
    const own = host(fixture('editor.sh'), { ODW_FIXTURE_END: 'hang', ODW_FIXTURE_DIR: root });
    const running = runNode(node, own);
    await until(() => lines(join(root, 'pids')).length === 1);
    const pid = Number(lines(join(root, 'pids'))[0]);
    own.cancel('stop');
    expect(await running).toMatchObject({
      status: 'failed',
      failure: { category: 'cancelled' },
      worktree: { changed: true, files: ['doomed.txt', 'picture.bin', 'tracked.txt'] },
    });
    expect(identify(pid)).toBeUndefined();
    expect([existsSync(dir), registered(root)]).toEqual([false, 1]);
  });

  it('WT-11 EXEC-13 leaving keeps the tree; the next host goes on in it', async () => {
    const { root, dir, node } = isolated();
    const env = { ODW_FIXTURE_DIR: root };
    const first = host(fixture('counted.sh'), env);
    const running = runNode(node, first);
    await until(() => lines(join(root, 'starts')).length === 1);
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    writeFileSync(join(dir, 'by-the-agent.txt'), 'kept');
    writeFileSync(join(root, 'go'), '');
    const outcome = await runNode(node, host(fixture('counted.sh'), env));
    expect(outcome).toMatchObject({ status: 'ok', taken: expect.stringMatching(/adopted|finished/), worktree: { files: ['by-the-agent.txt'] } });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('WT-10 a host killed between outcome and removal: the next one removes the tree', async () => {
    const { root, dir, node } = isolated();
    const own = host(fixture('editor.sh'));
    const outcome = await runNode(node, own);
    // As it was before the removal: the tree still there, the outcome written.
    const files = join(node.runDir, 'nodes', own.activityId);
    git(root, 'worktree', 'add', '-q', '--detach', dir);
    writeFileSync(join(files, 'worktree.json'), JSON.stringify({ dir, gitDir: git(dir, 'rev-parse', '--absolute-git-dir').trim() }));
    expect(await runNode(node, host(fixture('garbage.sh')))).toEqual({ ...outcome, taken: 'finished' });
    expect([existsSync(dir), registered(root)]).toEqual([false, 1]);
  });

  it('WT-09 a capture that fails keeps the tree and fails the node', async () => {
    const { root, dir, node } = isolated();
    const running = runNode(node, host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root }));
    await until(() => lines(join(root, 'starts')).length === 1);
    writeFileSync(join(dir, 'precious.txt'), 'work');
    // What odw knows about the tree is lost: nobody can tell any more what the agent changed.
    rmSync(join(git(dir, 'rev-parse', '--absolute-git-dir').trim(), 'odw.json'));
    writeFileSync(join(root, 'go'), '');
    const outcome = await running;
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'worktree_capture_failed', retryable: false }, worktree: { path: dir } });
    expect(readFileSync(join(dir, 'precious.txt'), 'utf8')).toBe('work');
  });

  it('WT-09 a tree that was deleted while no host looked is never taken for an unchanged one', async () => {
    const { root, dir, node } = isolated();
    const env = { ODW_FIXTURE_DIR: root };
    const first = host(fixture('counted.sh'), env);
    const running = runNode(node, first);
    await until(() => lines(join(root, 'starts')).length === 1);
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    rmSync(dir, { recursive: true, maxRetries: 5 });
    writeFileSync(join(root, 'go'), '');
    const outcome = await runNode(node, host(fixture('counted.sh'), env));
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'worktree_capture_failed' }, worktree: { changed: true } });
    expect(outcome.worktree?.error).toContain('was deleted before');
    expect([existsSync(dir), registered(root)]).toEqual([false, 1]);
  });

  it('WT-01 outside a repository the node fails with the reason, and is not to be retried', async () => {
    const root = tempDir();
    mkdirSync(join(root, 'sub'));
    const outcome = await runNode(request(root, { worktree: { dir: join(root, 'tree'), base: 'head', refName: 'refs/odw/r/n' } }), host(fixture('good.sh')));
    expect(outcome.failure).toMatchObject({ category: 'workflow_agent_failed', retryable: false });
    expect(outcome.failure?.message).toMatch(/requires .* to be a git repository/);
    expect(outcome.failure?.next_action).toContain(`Make ${root} a git repository`);
  });
});

describe('a mock node in a worktree', () => {
  it('MOCK-06 COMPAT-02 changes exactly the named file, and its scratch is left out', async () => {
    const { root, dir, node } = isolated({ backend: 'mock', mock: { mockWriteFile: 'sub/new.txt' }, label: 'mocker' });
    const outcome = await runNode(node, host('unused'));
    expect(outcome).toMatchObject({ status: 'ok', taken: 'mock', worktree: { changed: true, files: ['sub/new.txt'] } });
    expect(outcome.worktree?.diff).toContain('mock change by mocker');
    expect([existsSync(dir), registered(root)]).toEqual([false, 1]);
  });

  it('WT-10 an unchanged tree gives changed:false and no files', async () => {
    expect((await runNode(isolated({ backend: 'mock' }).node, host('unused'))).worktree).toMatchObject({ changed: false, files: [] });
  });
});
