import { join } from 'node:path';
import { treesName } from '../../../activities/worktree/trees-folder.ts';
import { runsFolder } from '../../run-folder.ts';
import { listRuns } from '../list.ts';
import { folderBytes } from '../remove/folder-bytes.ts';
import { inspectTrees, removeTrees, repositoryOf, treesByRun } from '../remove/run-trees.ts';
import type { Found } from './leftover.ts';

/** Worktrees that closed runs of a project left behind, for which nothing is lost when they go. Those with unsaved work, or of an unknown run, are named and kept. */
export async function findTrees(root: string): Promise<Found> {
  const found: Found = { leftovers: [], kept: [] };
  const repository = await repositoryOf(root);
  if (!repository) return found;
  const runs = new Map(listRuns(root).runs.map((run) => [treesName(run.run_id), run]));
  for (const [name, registrations] of await treesByRun(repository)) {
    const run = runs.get(name);
    // A repository may hold several projects; the run may be one of another.
    if (!run) {
      found.kept.push(...registrations.map((one) => ({ path: one.record!.dir, why: `a worktree of run ${name}, which is none of this project` })));
      continue;
    }
    if (!['completed', 'failed', 'cancelled'].includes(run.status)) continue;
    for (const tree of await inspectTrees(registrations, repository, join(runsFolder(root), run.run_id))) {
      if (tree.unsaved) found.kept.push({ path: tree.dir, why: `it holds work of run ${run.run_id} that is kept nowhere else` });
      else {
        const why = `run ${run.run_id} has ended, and what was done here is captured`;
        found.leftovers.push({ kind: 'worktree', path: tree.dir, bytes: folderBytes(tree.dir), why, remove: () => removeTrees([tree]) });
      }
    }
  }
  return found;
}
