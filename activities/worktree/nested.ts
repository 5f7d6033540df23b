import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { git, tryGit } from './git.ts';
import { joinPaths, pathIn, pathText, splitPaths, type GitPath } from './git-paths.ts';
import { siblingIndex, stageOptions, type Stage } from './stage.ts';

/** Repositories inside the working tree that are no submodules: made or cloned there, also those that the index already names as a link. */
export async function findNestedRepositories(stage: Stage): Promise<GitPath[]> {
  const options = stageOptions(stage);
  const untracked = splitPaths((await git(['ls-files', '-z', '--others', '--exclude-standard'], options)).stdout)
    .filter((path) => path.endsWith('/'))
    .map((path) => path.slice(0, -1));
  const declared = await declaredSubmodules(stage);
  const links = [...(await gitLinks(stage)).keys()].filter((path) => !declared.has(path) && hasRepository(stage, path));
  return [...new Set([...untracked, ...links])].sort();
}

/** The submodule links of the index: path and commit. */
export async function gitLinks(stage: Stage): Promise<Map<GitPath, string>> {
  const links = new Map<GitPath, string>();
  for (const entry of splitPaths((await git(['ls-files', '-s', '-z'], stageOptions(stage))).stdout)) {
    if (entry.startsWith('160000 ')) links.set(entry.slice(entry.indexOf('\t') + 1), entry.split(' ')[1]!);
  }
  return links;
}

/** Paths that .gitmodules declares. */
export async function declaredSubmodules(stage: Stage): Promise<Set<GitPath>> {
  const result = await tryGit(['config', '--file', join(stage.workTree, '.gitmodules'), '-z', '--get-regexp', '^submodule\\..*\\.path$'], stageOptions(stage));
  return new Set(splitPaths(result.stdout).map((entry) => entry.slice(entry.indexOf('\n') + 1)));
}

export function hasRepository(stage: Stage, path: GitPath): boolean {
  return lstatSync(pathIn(stage.workTree, `${path}/.git`), { throwIfNoEntry: false }) !== undefined;
}

/**
 * Puts the files of a nested repository into the index as plain files, since a link to a commit that nobody else has would lose them:
 * everything that is not ignored there, and what it tracks. Its history is not carried.
 */
export async function stageNested(stage: Stage, path: GitPath): Promise<void> {
  const name = pathText(path);
  const workTree = join(stage.workTree, name);
  if (lstatSync(workTree, { throwIfNoEntry: false }) === undefined)
    throw new OdwError('nested-work', `the nested repository ${name} has a name that is not UTF-8`);
  const inner: Stage = { ...stage, workTree, index: siblingIndex(stage) };
  const options = stageOptions(inner);
  await git(['read-tree', '--empty'], options);
  const deeper = await findNestedRepositories(inner);
  const pathspecs = [':/', ...deeper.map((one) => `:(top,exclude,literal)${one}`)];
  await git(['add', '-A', '--pathspec-from-file=-', '--pathspec-file-nul'], { ...options, input: joinPaths(pathspecs) });
  await addTracked(inner);
  for (const one of deeper) await stageNested(inner, one);
  const tree = (await git(['write-tree'], options)).stdout.toString('utf8').trim();
  const outer = stageOptions(stage);
  await git(['update-index', '--force-remove', '-z', '--stdin'], { ...outer, input: joinPaths([path]) });
  await git(['read-tree', `--prefix=${name}/`, tree], outer);
}

/** Files that the nested repository tracks although its rules ignore them. A repository that cannot be read has none. */
async function addTracked(inner: Stage): Promise<void> {
  const listed = await tryGit(['ls-files', '-z', '-s'], { cwd: inner.workTree, env: { GIT_DIR: join(inner.workTree, '.git'), GIT_WORK_TREE: inner.workTree } });
  const files = splitPaths(listed.stdout)
    .filter((entry) => !entry.startsWith('160000 '))
    .map((entry) => entry.slice(entry.indexOf('\t') + 1))
    .filter((path) => lstatSync(pathIn(inner.workTree, path), { throwIfNoEntry: false }) !== undefined);
  if (files.length === 0) return;
  const input = joinPaths(files.map((path) => `:(top,literal)${path}`));
  await git(['add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'], { ...stageOptions(inner), input });
}

/** Commits that nested worktrees of the same repository have checked out: without a branch they would be lost with their folder. */
export async function nestedCommits(stage: Stage): Promise<string[]> {
  const commits: string[] = [];
  for (const path of await findNestedRepositories(stage)) {
    const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: join(stage.workTree, pathText(path)) });
    if (head.exitCode === 0) commits.push(head.stdout.toString('utf8').trim());
  }
  return commits;
}
