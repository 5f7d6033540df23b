/** What to do when an isolated node needs a repository and the folder is in none; or, with `commit`, the repository has no commit yet. */
export function notGitAdvice(folder: string, missing: 'repository' | 'commit' = 'repository'): string {
  const make =
    missing === 'repository'
      ? `Make ${folder} a git repository with a first commit (there: git init, git add, git commit)`
      : `Make a first commit in ${folder} (git add, git commit)`;
  return `${make}, or leave out isolation: "worktree": then the agent works in the folder itself.`;
}
