import type { GitOptions } from './git.ts';

/** A working tree and the temporary index that it is read into. */
export interface Stage {
  gitDir: string;
  workTree: string;
  index: string;
  /** Ignore file used instead of the user's own. */
  ignoreFile: string;
}

/** How git is called for a stage. Sparse rules are off: a file that is there counts. */
export function stageOptions(stage: Stage): GitOptions & { config: string[] } {
  return {
    cwd: stage.workTree,
    env: { GIT_DIR: stage.gitDir, GIT_WORK_TREE: stage.workTree, GIT_INDEX_FILE: stage.index },
    config: [`core.excludesFile=${stage.ignoreFile}`, 'core.sparseCheckout=false'],
  };
}

/** A further index file next to that of a stage. */
export function siblingIndex(stage: Stage): string {
  return `${stage.index}.${(counter++).toString(36)}`;
}
let counter = 0;
