import { gitText, type GitOptions } from './git.ts';

export interface CommitRequest {
  tree: string;
  parents: string[];
  message: string;
  /** Part of the commit's name: the same date gives the same commit. */
  dateMs: number;
}

/** Makes a commit object in the name of odw; moves no branch. The same request always gives the same commit. */
export async function commitTree(request: CommitRequest, options: GitOptions): Promise<string> {
  const date = `${Math.floor(request.dateMs / 1000)} +0000`;
  const identity = { NAME: 'odw', EMAIL: 'odw@localhost', DATE: date };
  const env = Object.fromEntries(['AUTHOR', 'COMMITTER'].flatMap((role) => Object.entries(identity).map(([key, value]) => [`GIT_${role}_${key}`, value])));
  const parents = request.parents.flatMap((parent) => ['-p', parent]);
  return gitText(['commit-tree', '--no-gpg-sign', ...parents, '-m', request.message, request.tree], { ...options, env: { ...options.env, ...env } });
}
