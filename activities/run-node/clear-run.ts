import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeFilesIn, type NodeFiles } from '../executor/node-files.ts';
import { captureWorktree } from '../worktree/capture.ts';
import { openWorktree } from '../worktree/open.ts';
import { removeWorktree } from '../worktree/remove.ts';
import { endExecutors } from './end-executors.ts';
import { readOutcome } from './outcome-file.ts';
import { debugPoint } from '../../system/debug-point.ts';

/**
 * Clears away what a run leaves that is over and has no host: ends its executors, captures the worktrees of nodes that had not ended, and
 * removes them (WT-11). Work that cannot be captured stays where it is (WT-09).
 *
 * @returns a line for people about each piece of work that was there
 */
export async function clearRun({ root, runId, runDir }: { root: string; runId: string; runDir: string }): Promise<string[]> {
  await endExecutors(runDir, { resumable: false });
  debugPoint('after-clear-executors');
  const lines: string[] = [];
  const folder = join(runDir, 'nodes');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const files = nodeFilesIn(join(folder, name));
    const dir = treeOf(files);
    // A path in the outcome names a tree that is kept, since it could not be captured.
    if (dir === undefined || !existsSync(dir) || readOutcome(files.outcome)?.worktree?.path !== undefined) continue;
    try {
      const tree = await openWorktree({ root, dir, base: 'head' });
      // The folder of a run's trees is its id in a form that git takes.
      const refName = `refs/odw/${basename(dirname(dir))}/${basename(dir).replace(/\.+/g, '-')}`;
      const { diffFile, error } = await captureWorktree(tree, { runDir, nodeId: name, refName });
      debugPoint('after-clear-capture');
      if (error !== undefined) throw new Error(error);
      if (diffFile !== undefined) lines.push(`unfinished work of run ${runId} is kept: ${join(runDir, diffFile)}`);
      await removeWorktree(tree);
    } catch (error) {
      lines.push(`unfinished work of run ${runId} stays in ${dir}: ${(error as Error).message}`);
    }
  }
  return lines;
}

function treeOf(files: NodeFiles): string | undefined {
  try {
    return (JSON.parse(readFileSync(files.worktree, 'utf8')) as { dir: string }).dir;
  } catch {
    return undefined;
  }
}
