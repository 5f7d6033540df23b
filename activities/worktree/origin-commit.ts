import { OdwError } from '../../src/errors/error.ts';
import { tryGit } from './git.ts';
import type { Repository } from './repository.ts';

/**
 * The commit of the default branch of `origin`, as it was last fetched (DIAL-14). Nothing is fetched here: a run must not depend on the network,
 * and nodes of one run must start from the same commit.
 *
 * @throws OdwError `worktree-no-origin` when there is no such remote, or its default branch is not known or not fetched
 */
export async function originCommit(repository: Repository): Promise<string> {
  const cwd = repository.top;
  const head = await tryGit(['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD'], { cwd });
  if (head.exitCode !== 0) {
    const remote = await tryGit(['remote', 'get-url', 'origin'], { cwd });
    const known = remote.exitCode === 0 ? 'which branch of its remote origin is the default one' : 'a remote named origin';
    throw missing(repository, `the repository does not know ${known}`);
  }
  const branch = head.stdout.toString('utf8').trim();
  const commit = await tryGit(['rev-parse', '--verify', '--quiet', `${branch}^{commit}`], { cwd });
  if (commit.exitCode === 0) return commit.stdout.toString('utf8').trim();
  throw missing(repository, `${branch} was not fetched`);
}

function missing(repository: Repository, why: string): OdwError {
  return new OdwError('worktree-no-origin', `worktreeBase:"fresh" starts from the default branch of origin, and in ${repository.top} ${why}`);
}
