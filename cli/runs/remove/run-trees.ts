import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { nodeFilesIn } from '../../../activities/executor/node-files.ts';
import { readOutcome } from '../../../activities/run-node/outcome-file.ts';
import { captureWorktree } from '../../../activities/worktree/capture.ts';
import { git, gitText, tryGit } from '../../../activities/worktree/git.ts';
import { listRegistrations, type Registration } from '../../../activities/worktree/record.ts';
import { removeWorktree } from '../../../activities/worktree/remove.ts';
import { locateRepository, type Repository } from '../../../activities/worktree/repository.ts';
import { treesName } from '../../../activities/worktree/trees-folder.ts';
import { isOdwError } from '../../../src/errors/error.ts';

/** A worktree that a run left behind. */
export interface TreeLeft {
  dir: string;
  gitDir: string;
  /** True: what an agent did in it is kept nowhere else. Such a tree is never removed. */
  unsaved: boolean;
}

/** The repository of a project; undefined when it is in none. */
export async function repositoryOf(root: string): Promise<Repository | undefined> {
  return locateRepository(root).catch((error: unknown) => {
    if (!existsSync(root) || (isOdwError(error) && ['worktree-not-git', 'git-missing'].includes(error.slug))) return undefined;
    throw error;
  });
}

/** Worktrees of odw that are registered with a repository and still there, by the name of their run's trees. */
export async function treesByRun(repository: Repository): Promise<Map<string, Registration[]>> {
  const found = new Map<string, Registration[]>();
  for (const one of await listRegistrations(repository.commonDir)) {
    if (!one.record || !existsSync(one.record.dir)) continue;
    const name = basename(dirname(one.record.dir));
    found.set(name, [...(found.get(name) ?? []), one]);
  }
  return found;
}

/**
 * Looks at what worktrees of a run that has ended hold. Work is saved when its node's outcome says that it was captured; else the tree is compared
 * with what it started from.
 */
export async function inspectTrees(registrations: readonly Registration[], repository: Repository, runDir: string): Promise<TreeLeft[]> {
  const captured = capturedTrees(runDir);
  const trees: TreeLeft[] = [];
  for (const { gitDir, record } of registrations) {
    if (!record) continue;
    const { dir, base, state } = record;
    const unsaved = state === 'ready' && !captured.has(dir) && (await isChanged({ dir, gitDir, base, execDir: dir, repository: repository.top }));
    trees.push({ dir, gitDir, unsaved });
  }
  return trees;
}

/** Removes worktrees without looking at them, and the folder of a run's trees when it is empty then. */
export async function removeTrees(trees: readonly TreeLeft[]): Promise<void> {
  for (const tree of trees) await removeWorktree(tree);
  for (const folder of new Set(trees.map(({ dir }) => dirname(dir)))) {
    if (existsSync(folder) && readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  }
}

/** Removes the hidden refs that hold what a run's isolated nodes did. Returns how many there were. */
export async function removeRefs(repository: Repository, runId: string): Promise<number> {
  const listed = await gitText(['for-each-ref', '--format=%(refname)', `refs/odw/${treesName(runId)}/`], { cwd: repository.top });
  const refs = listed.split('\n').filter(Boolean);
  for (const ref of refs) await git(['update-ref', '-d', ref], { cwd: repository.top });
  return refs.length;
}

// Trees of nodes whose outcome says that everything in them was captured.
function capturedTrees(runDir: string): Set<string> {
  const folder = join(runDir, 'nodes');
  return new Set(
    (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
      const files = nodeFilesIn(join(folder, name));
      const changes = readOutcome(files.outcome)?.worktree;
      return changes && changes.path === undefined && changes.error === undefined ? treeOf(files.worktree) : [];
    }),
  );
}

function treeOf(path: string): string[] {
  try {
    return [(JSON.parse(readFileSync(path, 'utf8')) as { dir: string }).dir];
  } catch {
    return [];
  }
}

// A capture knows every kind of change; here only its verdict counts, and nothing of it stays.
async function isChanged(tree: Parameters<typeof captureWorktree>[0]): Promise<boolean> {
  const runDir = mkdtempSync(join(tmpdir(), 'odw-look-'));
  const refName = `refs/odw/look/${process.pid}-${basename(runDir).replace(/\.+/g, '-')}`;
  try {
    return (await captureWorktree(tree, { runDir, nodeId: 'look', refName })).changed;
  } finally {
    await tryGit(['update-ref', '-d', refName], { cwd: tree.repository });
    rmSync(runDir, { recursive: true, force: true });
  }
}
