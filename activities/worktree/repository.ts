import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { notGitAdvice } from '../../src/node/not-git.ts';
import { gitText, tryGit } from './git.ts';

export interface Repository {
  /** Top folder of the working tree that holds the root; of a bare repository, the repository itself. Absolute, without symbolic links. */
  top: string;
  /** The root's folder inside the working tree, `/`-separated with a final `/`, or empty. */
  prefix: string;
  /** The git folder of this working tree, and the one shared by all working trees of the repository. Absolute. */
  gitDir: string;
  commonDir: string;
  isBare: boolean;
}

/**
 * Finds the repository that a folder is in.
 *
 * @throws OdwError `worktree-not-git` (WT-01); `git-failed` when git refuses the repository, for example because another user owns it
 */
export async function locateRepository(root: string): Promise<Repository> {
  const probe = await tryGit(['rev-parse', '--is-bare-repository', '--is-inside-work-tree'], { cwd: root }).catch((error: unknown) => {
    if ((error as OdwError).slug === 'git-missing') throw error;
    throw notGit(root, error);
  });
  if (probe.exitCode !== 0) {
    if (/not a git repository/i.test(probe.stderr)) throw notGit(root);
    throw new OdwError('git-failed', `git refuses the repository of ${root}: ${probe.stderr.trim()}`);
  }
  const [bare, inside] = probe.stdout.toString('utf8').trim().split('\n');
  const isBare = bare === 'true';
  if (!isBare && inside !== 'true') throw notGit(root);
  const [gitDir, common, top, prefix] = await Promise.all([
    gitText(['rev-parse', '--absolute-git-dir'], { cwd: root }),
    gitText(['rev-parse', '--git-common-dir'], { cwd: root }),
    isBare ? '' : gitText(['rev-parse', '--show-toplevel'], { cwd: root }),
    isBare ? '' : gitText(['rev-parse', '--show-prefix'], { cwd: root }),
  ]);
  return { top: isBare ? gitDir : top, prefix, gitDir, commonDir: await realpath(resolve(root, common)), isBare };
}

function notGit(root: string, cause?: unknown): OdwError {
  return new OdwError('worktree-not-git', `isolation:'worktree' requires ${root} to be a git repository`, {
    fields: { root },
    next: notGitAdvice(root),
    cause,
  });
}
