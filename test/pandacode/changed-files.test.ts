import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { changedFiles, snapshot } from '../../pandacode/workspace/changed-files.ts';
import { removeWorkspaces, workspace } from '../support/pandacode.ts';

afterAll(removeWorkspaces);

const git = (cwd: string, ...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd, stdio: 'ignore' });

function repository(files: Record<string, string>): string {
  const ws = workspace();
  git(ws, 'init', '-q');
  for (const [path, content] of Object.entries(files)) writeFileSync(join(ws, path), content);
  git(ws, 'add', '-A');
  git(ws, 'commit', '-q', '--allow-empty', '-m', 'start');
  return ws;
}

async function changes(ws: string, work: () => void, reported: string[] = []): Promise<string[]> {
  const before = await snapshot(ws);
  work();
  return changedFiles(ws, before, await snapshot(ws), reported);
}

describe('changed files', () => {
  it('PC-REP-09 edits of the user from before the run are not its changes', async () => {
    const ws = repository({ 'mine.txt': 'a', 'both.txt': 'a' });
    for (const name of ['mine.txt', 'both.txt', 'new-of-mine.txt']) writeFileSync(join(ws, name), 'edited before');
    expect(
      await changes(ws, () => {
        writeFileSync(join(ws, 'both.txt'), 'edited again');
        writeFileSync(join(ws, 'neü file.txt'), 'x');
      }),
    ).toEqual(['both.txt', 'neü file.txt']);
  });

  it('PC-REP-09 commits count, deletions too, and an edit that is taken back before HEAD', async () => {
    const ws = repository({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
    writeFileSync(join(ws, 'c.txt'), 'dirty');
    expect(
      await changes(ws, () => {
        writeFileSync(join(ws, 'a.txt'), 'committed');
        git(ws, 'commit', '-q', '-m', 'work', 'a.txt');
        rmSync(join(ws, 'b.txt'));
        writeFileSync(join(ws, 'c.txt'), 'c');
      }),
    ).toEqual(['a.txt', 'b.txt', 'c.txt']);
  });

  it('PC-REP-09 a rename gives the new path', async () => {
    const ws = repository({});
    writeFileSync(join(ws, 'old.txt'), 'content');
    expect(await changes(ws, () => renameSync(join(ws, 'old.txt'), join(ws, 'new.txt')))).toEqual(['new.txt']);
    for (const move of [(at: string) => git(at, 'mv', 'old.txt', 'new.txt'), (at: string) => renameSync(join(at, 'old.txt'), join(at, 'new.txt'))]) {
      const tracked = repository({ 'old.txt': 'content' });
      expect(await changes(tracked, () => move(tracked))).toEqual(['new.txt']);
    }
  });

  it('PC-REP-09 the first commit of a repository counts', async () => {
    const ws = workspace();
    git(ws, 'init', '-q');
    expect(
      await changes(ws, () => {
        writeFileSync(join(ws, 'first.txt'), 'x');
        git(ws, 'add', '-A');
        git(ws, 'commit', '-q', '-m', 'first');
      }),
    ).toEqual(['first.txt']);
  });

  it('PC-REP-09 paths are relative to the workspace, also inside a repository', async () => {
    const top = repository({ 'top.txt': 'a' });
    const ws = join(top, 'sub');
    mkdirSync(ws);
    expect(
      await changes(ws, () => {
        writeFileSync(join(ws, 'in.txt'), 'x');
        writeFileSync(join(top, 'top.txt'), 'b');
      }),
    ).toEqual(['../top.txt', 'in.txt']);
  });

  it('PC-REP-09 without a repository the tools are believed', async () => {
    const ws = workspace();
    expect(await changes(ws, () => undefined, [join(ws, 'a.txt'), 'b.txt'])).toEqual(['a.txt', 'b.txt']);
  });
});
