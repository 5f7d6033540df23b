/** A git worktree of one isolated node. */
export interface Worktree {
  /** The worktree's folder, absolute. */
  dir: string;
  /** Where the executor works: the sub-folder of the worktree that the project root is of its repository (WT-03). */
  execDir: string;
  /** Top folder of the repository that the worktree belongs to. */
  repository: string;
  /** The commit that the worktree started from, and that changes are measured against (WT-05). */
  base: string;
  /** The worktree's private git folder. Commands use it by name, so an agent that deletes `.git` hides nothing. */
  gitDir: string;
}

/** The variables that make git work on a worktree, whatever the agent did to its `.git` file. */
export function worktreeEnvironment(tree: Worktree, index?: string): Record<string, string> {
  return { GIT_DIR: tree.gitDir, GIT_WORK_TREE: tree.dir, ...(index === undefined ? {} : { GIT_INDEX_FILE: index }) };
}
