import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorktreeChanges } from '../../schemas/node.ts';
import { OdwError } from '../../src/errors/error.ts';
import { readBaseTree } from './base-tree.ts';
import { commitTree } from './commit-tree.ts';
import { patchFile } from './earlier-work.ts';
import { git, gitText, tryGit, type GitOptions } from './git.ts';
import { readHistory, type AgentHistory } from './history.ts';
import { nestedCommits } from './nested.ts';
import { overKills } from './over-kills.ts';
import { changedFiles, writePatch } from './patch.ts';
import { readRecord, type WorktreeRecord } from './record.ts';
import { stageEverything, unhideChanges } from './stage-everything.ts';
import { stageOptions, type Stage } from './stage.ts';
import { refuseSubmoduleWork } from './submodules.ts';
import { withTemporaryIndex } from './temporary-index.ts';
import { worktreeEnvironment, type Worktree } from './worktree.ts';
import { debugPoint } from '../../system/debug-point.ts';

export interface CaptureTarget {
  /** The run's folder; the patch goes to `diffs/<nodeId>.patch` in it, or next to that when a reused result has the name. */
  runDir: string;
  /** A file name: the activity id. */
  nodeId: string;
  /** Whole name of the hidden ref, `refs/odw/<run>/<name>`. */
  refName: string;
}

/** Largest patch that is also returned as text. */
const maxInlineBytes = 2 ** 20;

/**
 * Captures everything an agent did in its worktree against the base: commits, also those it left behind, staged, unstaged and untracked
 * changes, of any kind of file. All of it is on the hidden ref afterwards, and the whole patch in the run's folder (WT-05 to WT-08).
 * Not captured: new files that the repository's own rules ignore, and executor scratch. The worktree itself is only read,
 * so a second capture gives the same.
 *
 * Never throws: what cannot be captured comes back as `error` and `path`, and the tree must be kept (WT-09).
 */
export async function captureWorktree(tree: Worktree, target: CaptureTarget): Promise<WorktreeChanges> {
  debugPoint('before-capture');
  try {
    return await overKills(() => capture(tree, target));
  } catch (error) {
    const message = `changes of worktree ${tree.dir} could not be captured, and the worktree is kept: ${(error as Error).message}`;
    // Not known to be unchanged, so it counts as changed.
    return { changed: true, files: [], diff: '', base: tree.base, error: message, path: tree.dir };
  }
}

async function capture(tree: Worktree, target: CaptureTarget): Promise<WorktreeChanges> {
  const record = readRecord(tree.gitDir);
  if (record?.state !== 'ready' || !existsSync(tree.dir)) throw new OdwError('worktree-gone', `${tree.dir} is not there any more`);
  return withTemporaryIndex(join(tree.gitDir, 'index'), async (index, folder, hasIndex) => {
    const stage: Stage = { gitDir: tree.gitDir, workTree: tree.dir, index, ignoreFile: join(folder, 'ignore') };
    const options: GitOptions = { cwd: tree.dir, env: worktreeEnvironment(tree) };
    const base = await readBaseTree(record.base, options);
    await base.rules.writeIgnoreFile(stage.ignoreFile);
    if (!hasIndex) await git(['read-tree', record.base], stageOptions(stage));
    await unhideChanges(stage);
    // An index with conflicts has no tree.
    const staged = await tryGit(['write-tree'], stageOptions(stage));
    const nested = await nestedCommits(stage);
    const final = await stageEverything(stage, base.rules);
    await refuseSubmoduleWork(stage, base.submodules);
    const history = await readHistory(tree.gitDir, record, options, nested);
    const stagedTree = staged.exitCode === 0 ? staged.stdout.toString('utf8').trim() : final;
    const commit = await commitFinal({ final, staged: stagedTree, history, record, refName: target.refName }, options);
    if (commit !== record.base) await git(['update-ref', '-m', 'odw capture', target.refName, commit], options);
    debugPoint('after-capture-ref');
    return describe(record.base, commit, history, target, `${index}.check`, options);
  });
}

interface Final {
  /** Tree of the files as they are, and of what the agent had staged. */
  final: string;
  staged: string;
  history: AgentHistory;
  record: WorktreeRecord;
  refName: string;
}

/** One commit that holds the final files and has everything else as ancestors. The date is the tree's own, so it is the same each time. */
async function commitFinal({ final, staged, history, record, refName }: Final, options: GitOptions): Promise<string> {
  const { head, tips } = history;
  const dateMs = record.createdMs;
  const trees = await Promise.all([...new Set([record.base, head ?? record.base])].map((commit) => gitText(['rev-parse', `${commit}^{tree}`], options)));
  const parents = [...tips];
  // Something staged that is in no commit and not on disk either: kept like a stash keeps it.
  if (![final, ...trees].includes(staged))
    parents.push(await commitTree({ tree: staged, parents: [head ?? record.base], message: `odw: index of ${refName}`, dateMs }, options));
  if (parents.length === 1 && head !== undefined && final === trees.at(-1)) return head;
  return commitTree({ tree: final, parents, message: `odw: ${refName}`, dateMs }, options);
}

async function describe(
  base: string,
  commit: string,
  history: AgentHistory,
  target: CaptureTarget,
  index: string,
  options: GitOptions,
): Promise<WorktreeChanges> {
  const files = commit === base ? [] : await changedFiles(base, commit, options);
  const commits = history.commits.length === 0 ? {} : { commits: history.commits };
  if (files.length === 0) return { changed: history.commits.length > 0, files, diff: '', base, ...commits };
  const diffFile = patchFile(target.runDir, target.nodeId);
  await writePatch(join(target.runDir, diffFile), base, commit, index, options);
  return { changed: true, files, ...(await inlineDiff(join(target.runDir, diffFile))), diffFile, base, ...commits };
}

/** The patch as text. One that is too large, or is no UTF-8 and would be damaged, stays in its file. */
async function inlineDiff(file: string): Promise<{ diff: string; diffTruncated?: boolean }> {
  const handle = await open(file);
  try {
    if ((await handle.stat()).size > maxInlineBytes) return { diff: '', diffTruncated: true };
    return { diff: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await handle.readFile()) };
  } catch (error) {
    if (error instanceof TypeError) return { diff: '', diffTruncated: true };
    throw error;
  } finally {
    await handle.close();
  }
}
