import { git, type GitOptions } from './git.ts';
import { splitPaths, type GitPath } from './git-paths.ts';
import { ScratchRules } from './scratch.ts';

export interface BaseTree {
  rules: ScratchRules;
  /** Commits of the submodules, by path. */
  submodules: Map<GitPath, string>;
}

/** Reads from a commit what the capture has to know of it: tracked paths in scratch folders, and submodules. Undefined commit: an empty tree. */
export async function readBaseTree(commit: string | undefined, options: GitOptions): Promise<BaseTree> {
  const submodules = new Map<GitPath, string>();
  if (commit === undefined) return { rules: new ScratchRules([]), submodules };
  const paths: GitPath[] = [];
  for (const entry of splitPaths((await git(['ls-tree', '-r', '-z', '--full-tree', commit], options)).stdout)) {
    const tab = entry.indexOf('\t');
    paths.push(entry.slice(tab + 1));
    if (entry.startsWith('160000 ')) submodules.set(entry.slice(tab + 1), entry.slice(0, tab).split(' ')[2]!);
  }
  return { rules: new ScratchRules(paths), submodules };
}
