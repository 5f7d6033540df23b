import { lstatSync } from 'node:fs';
import { OdwError } from '../../src/errors/error.ts';
import { git, tryGit } from './git.ts';
import { joinPaths, pathIn, splitPaths, type GitPath } from './git-paths.ts';
import { findNestedRepositories, stageNested } from './nested.ts';
import type { ScratchRules } from './scratch.ts';
import { stageOptions, type Stage } from './stage.ts';

/**
 * Reads a whole working tree into the index of a stage: changed, new and deleted files, links and modes; of nested repositories the files.
 * Left out are ignored new files and executor scratch. The index says what is tracked, so a forced ignored file stays.
 *
 * @returns the tree's object name
 */
export async function stageEverything(stage: Stage, rules: ScratchRules): Promise<string> {
  const options = stageOptions(stage);
  const nested = (await findNestedRepositories(stage)).filter((path) => !rules.isScratch(path));
  await addAll(stage, nested);
  for (const path of nested) await stageNested(stage, path);
  const scratch = splitPaths((await git(['ls-files', '-z'], options)).stdout).filter((path) => rules.isScratch(path));
  if (scratch.length > 0) await git(['update-index', '--force-remove', '-z', '--stdin'], { ...options, input: joinPaths(scratch) });
  return (await git(['write-tree'], options)).stdout.toString('utf8').trim();
}

async function addAll(stage: Stage, except: GitPath[]): Promise<void> {
  const pathspecs = [':/', ...except.map((path) => `:(top,exclude,literal)${path}`)];
  const options = { ...stageOptions(stage), input: joinPaths(pathspecs) };
  const add = () => tryGit(['add', '-A', '--pathspec-from-file=-', '--pathspec-file-nul'], options);
  let result = await add();
  // A file may vanish or change under the reader while a left-over process still writes.
  if (result.exitCode !== 0) result = await add();
  // A folder that cannot be read is only a warning to git, and its files would count as deleted.
  const unreadable = /could not open directory .*|.*Permission denied.*/.exec(result.stderr)?.[0];
  if (result.exitCode === 0 && unreadable === undefined) return;
  const isFull = /No space left on device|Disk quota exceeded/i.test(result.stderr);
  throw new OdwError(isFull ? 'disk-full' : 'git-failed', `the files of ${stage.workTree} cannot be read into git: ${(unreadable ?? result.stderr).trim()}`);
}

/**
 * Clears the marks by which an index can hide a change from git (assume-unchanged, skip-worktree).
 * In a sparse checkout a missing file keeps its mark: it was never checked out.
 */
export async function unhideChanges(stage: Stage): Promise<void> {
  const options = stageOptions(stage);
  const isSparse = (await tryGit(['config', '--bool', 'core.sparseCheckout'], { ...options, config: [] })).stdout.toString('utf8').trim() === 'true';
  const hidden = splitPaths((await git(['ls-files', '-v', '-z'], options)).stdout)
    .filter((entry) => entry[0] === 'S' || entry[0] !== entry[0]!.toUpperCase())
    .map((entry) => ({ isSkipped: entry[0]!.toUpperCase() === 'S', path: entry.slice(2) }))
    .filter((entry) => !(isSparse && entry.isSkipped) || exists(stage.workTree, entry.path));
  if (hidden.length === 0) return;
  const input = joinPaths(hidden.map((entry) => entry.path));
  for (const flag of ['--no-assume-unchanged', '--no-skip-worktree']) await git(['update-index', flag, '-z', '--stdin'], { ...options, input });
}

function exists(workTree: string, path: GitPath): boolean {
  return lstatSync(pathIn(workTree, path), { throwIfNoEntry: false }) !== undefined;
}
