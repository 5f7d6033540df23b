import type { ErrorRow } from './row.ts';

/** Errors of the area "node". */
export const nodeErrors = {
  'node-left': {
    sentence: 'A host stopped waiting for a node without ending it; the node is open.',
    retryable: 'after',
    next: 'Resume the run: the next host takes the executor over.',
  },
  'git-missing': { sentence: 'An isolated node needs git, and git was not found.', retryable: 'person', next: 'Install git and make sure that it is on PATH.' },
  'git-failed': {
    sentence: 'A git command of an isolated node failed.',
    retryable: 'person',
    next: "Read git's message, repair the repository, and resume the run.",
  },
  'disk-full': { sentence: 'The disk has no space left for a worktree or a patch.', retryable: 'person', next: 'Free some space, and resume the run.' },
  'worktree-not-git': {
    sentence: 'An isolated node needs a git repository, and the project root is in none.',
    retryable: 'no',
    next: 'Make the folder a git repository with a first commit, or leave out isolation: "worktree".',
  },
  'worktree-no-commit': {
    sentence: 'The repository has no commit that a worktree could start from.',
    retryable: 'no',
    next: 'Make a first commit, or leave out isolation: "worktree".',
  },
  'worktree-no-origin': {
    sentence: 'A node asked for the default branch of origin, and this repository does not know one.',
    retryable: 'person',
    next: 'Run `git fetch origin` and `git remote set-head origin -a`, or drop the option worktreeBase.',
  },
  'worktree-path-taken': {
    sentence: "The folder of a worktree holds files that are not odw's.",
    retryable: 'person',
    next: 'Move the folder away, or choose another ODW_WORKTREE_ROOT.',
  },
  'worktree-gone': {
    sentence: 'A worktree to be captured is not there, or was being removed.',
    retryable: 'no',
    next: 'Look for its work on the hidden ref and in the diffs folder of the run.',
  },
  'worktree-not-removed': {
    sentence: 'A captured worktree could not be removed.',
    retryable: 'person',
    next: 'End the programs that use the folder, and delete it.',
  },
  'nested-work': {
    sentence: 'A repository inside a worktree holds work that the capture cannot carry.',
    retryable: 'person',
    next: 'Push or copy that work from the kept worktree.',
  },
  'patch-not-exact': {
    sentence: 'The patch of a worktree does not give the same files again.',
    retryable: 'person',
    next: 'Take the work from the kept worktree or the hidden ref, and report the case.',
  },
} as const satisfies Record<string, ErrorRow>;
