import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { git, tryGit } from './git.ts';
import { pathText, splitPaths } from './git-paths.ts';
import { declaredSubmodules, gitLinks, hasRepository } from './nested.ts';
import type { Stage } from './stage.ts';

/**
 * Refuses to go on when a checked-out submodule holds work that exists nowhere else. The parent records only the submodule's commit,
 * and the submodule's own repository goes away with the worktree.
 *
 * @param known commits that the submodules were at in the base, by path
 * @throws OdwError `nested-work`
 */
export async function refuseSubmoduleWork(stage: Stage, known: ReadonlyMap<string, string>): Promise<void> {
  const declared = await declaredSubmodules(stage);
  for (const path of (await gitLinks(stage)).keys()) {
    if (!(declared.has(path) || known.has(path)) || !hasRepository(stage, path)) continue;
    const name = pathText(path);
    const options = { cwd: join(stage.workTree, name), config: [`core.excludesFile=${stage.ignoreFile}`] };
    const changes = splitPaths((await git(['status', '--porcelain', '-z', '--untracked-files=normal', '--ignore-submodules=none'], options)).stdout);
    if (changes.length > 0)
      throw new OdwError('nested-work', `submodule ${name} has changes that are not committed; a capture of the parent cannot carry them`);
    const base = known.get(path);
    const isBaseThere = base !== undefined && (await tryGit(['cat-file', '-e', `${base}^{commit}`], options)).exitCode === 0;
    const own = await git(['rev-list', '--max-count=1', 'HEAD', '--branches', '--not', '--remotes', '--tags', ...(isBaseThere ? [base] : [])], options);
    if (own.stdout.length > 0)
      throw new OdwError('nested-work', `submodule ${name} has commits that are on none of its remotes; a capture of the parent cannot carry them`);
  }
}
