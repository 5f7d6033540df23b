import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OdwError } from '../../src/errors/error.ts';
import { notGitAdvice } from '../../src/node/not-git.ts';
import { git, gitText, tryGit } from './git.ts';
import { overKills } from './over-kills.ts';
import { listRegistrations, writeRecord, type Registration, type WorktreeRecord } from './record.ts';
import { removeWorktree } from './remove.ts';
import { originCommit } from './origin-commit.ts';
import { locateRepository, type Repository } from './repository.ts';
import { snapshotWorkingTree } from './snapshot.ts';
import type { Worktree } from './worktree.ts';
import { debugPoint } from '../../system/debug-point.ts';

export interface WorktreeRequest {
  /** Project root, absolute: any folder inside a repository. */
  root: string;
  /** Where the worktree goes, absolute; its parents are made. */
  dir: string;
  /**
   * `head`: the commit that is checked out. `working-tree`: a snapshot that also holds changes that are not committed (WT-12).
   * `fresh`: the default branch of `origin`, as it was last fetched (DIAL-14).
   */
  base: 'head' | 'working-tree' | 'fresh';
}

/**
 * Makes a detached worktree, or opens the one that an earlier call made at the same place, with its base and all the work in it.
 * What a killed call left half-made is replaced.
 *
 * @throws OdwError `worktree-not-git` (WT-01), `worktree-no-commit`, `worktree-no-origin`, `worktree-path-taken`, `disk-full`, `git-missing`, `git-failed`
 */
export function openWorktree(request: WorktreeRequest): Promise<Worktree> {
  return overKills(() => open(request));
}

async function open(request: WorktreeRequest): Promise<Worktree> {
  const repository = await locateRepository(request.root);
  const dir = resolve(request.dir);
  const found = await registrationOf(repository, dir);
  if (found?.record?.state === 'ready' && existsSync(dir)) return prepared(repository, dir, found.gitDir, found.record.base);
  if (found) await discard(found, dir);
  else await refuseForeign(repository, dir);
  const base = await bases[request.base](repository);
  const gitDir = await create(repository, dir, base);
  return prepared(repository, dir, gitDir, base);
}

const bases = { head: headCommit, 'working-tree': snapshotWorkingTree, fresh: originCommit };

async function headCommit(repository: Repository): Promise<string> {
  const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: repository.top });
  if (head.exitCode === 0) return head.stdout.toString('utf8').trim();
  throw new OdwError(
    'worktree-no-commit',
    `isolation:'worktree' requires a commit to start from; the repository ${repository.top} has none on its current branch`,
    { next: notGitAdvice(repository.top, 'commit') },
  );
}

/** The record is written before the files are checked out, and marked ready after: so a crash at any point is seen for what it is. */
async function create(repository: Repository, dir: string, base: string): Promise<string> {
  const refs = (await gitText(['for-each-ref', '--format=%(objectname)'], { cwd: repository.top })).split('\n').filter(Boolean);
  await mkdir(dirname(dir), { recursive: true });
  try {
    // Locked, so that nobody's `git worktree prune` takes a tree whose `.git` file an agent deleted.
    await git(['worktree', 'add', '--detach', '--no-checkout', '--lock', dir, base], { cwd: repository.top });
    debugPoint('after-worktree-add');
    const gitDir = await gitText(['rev-parse', '--absolute-git-dir'], { cwd: dir });
    const record: WorktreeRecord = { version: 1, dir, base, refs: [...new Set(refs)], createdMs: Date.now(), state: 'creating' };
    writeRecord(gitDir, record);
    debugPoint('after-worktree-record');
    await git(['read-tree', '--reset', '-u', base], { cwd: dir });
    debugPoint('after-worktree-checkout');
    writeRecord(gitDir, { ...record, state: 'ready' });
    debugPoint('after-worktree-ready');
    return gitDir;
  } catch (error) {
    const halfMade = await registrationOf(repository, dir).catch(() => undefined);
    if (halfMade) await removeWorktree({ dir, gitDir: halfMade.gitDir }).catch(() => undefined);
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
      ? new OdwError('disk-full', `no space left on device for the worktree ${dir}`, { cause: error })
      : error;
  }
}

async function prepared(repository: Repository, dir: string, gitDir: string, base: string): Promise<Worktree> {
  const execDir = resolve(dir, repository.prefix);
  // The root may be a folder that the base does not have, for example an empty one.
  await mkdir(execDir, { recursive: true });
  return { dir, execDir, repository: repository.top, base, gitDir };
}

async function registrationOf(repository: Repository, dir: string): Promise<Registration | undefined> {
  const real = await realpath(dir).catch(() => dir);
  const all = await listRegistrations(repository.commonDir);
  return all.find((one) => one.record?.dir === dir) ?? all.find((one) => one.dir === dir || one.dir === real);
}

async function discard(found: Registration, dir: string): Promise<void> {
  // The git process of a killed host may still be writing; it holds this lock until it is done.
  for (let waited = 0; existsSync(join(found.gitDir, 'index.lock')) && waited < 5000; waited += 100) await sleep(100);
  await removeWorktree({ dir, gitDir: found.gitDir });
}

/** Deletes a folder only when it is empty or points into this repository's worktrees: anything else is somebody's files. */
async function refuseForeign(repository: Repository, dir: string): Promise<void> {
  const entries = await readdir(dir).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : undefined));
  if (entries?.length === 0) return;
  const pointer = await readFile(join(dir, '.git'), 'utf8').catch(() => '');
  const target = /^gitdir: (.*?)\r?\n?$/s.exec(pointer)?.[1];
  if (target !== undefined && dirname(target) === join(repository.commonDir, 'worktrees') && !existsSync(target)) {
    return removeWorktree({ dir, gitDir: target });
  }
  throw new OdwError('worktree-path-taken', `${dir} exists and is not a worktree of ${repository.top}; it was left alone`, { fields: { dir } });
}
