import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { git, type GitOptions } from './git.ts';
import { pathText, splitPaths } from './git-paths.ts';

const renames = ['-r', '-M', '-l1000', '--ignore-submodules=none'];

const patchFormat = [
  '-p',
  '--binary',
  '--full-index',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--no-relative',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--unified=3',
  '--inter-hunk-context=0',
  '--diff-algorithm=myers',
  '--submodule=short',
];

/** The paths that differ between two commits, sorted: of a rename the new path, of a deletion the old (WT-08). */
export async function changedFiles(base: string, final: string, options: GitOptions): Promise<string[]> {
  const fields = splitPaths((await git(['diff-tree', ...renames, '-z', '--name-status', base, final], options)).stdout);
  const files: string[] = [];
  for (let at = 0; at < fields.length;) {
    const isPair = /^[RC]/.test(fields[at]!);
    files.push(pathText(fields[at + (isPair ? 2 : 1)]!));
    at += isPair ? 3 : 2;
  }
  return files.sort();
}

/**
 * Writes the binary patch between two commits to a file, durably and all or nothing (WT-06), after checking that it gives the same tree again.
 *
 * @param index path for a temporary index
 * @throws OdwError `patch-not-exact`, `disk-full`, `git-failed`
 */
export async function writePatch(file: string, base: string, final: string, index: string, options: GitOptions): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part.${process.pid}`;
  try {
    const handle = await open(part, 'w');
    try {
      await git(['diff-tree', ...renames, ...patchFormat, base, final], { ...options, stdoutFd: handle.fd });
      await checkPatch(part, base, final, { ...options, env: { ...options.env, GIT_INDEX_FILE: index } });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function checkPatch(patch: string, base: string, final: string, options: GitOptions): Promise<void> {
  await git(['read-tree', base], options);
  if ((await stat(patch)).size > 0) await git(['apply', '--cached', '--binary', '--whitespace=nowarn', patch], options);
  const [got, wanted] = await Promise.all([git(['write-tree'], options), git(['rev-parse', `${final}^{tree}`], options)]);
  if (!got.stdout.equals(wanted.stdout)) throw new OdwError('patch-not-exact', `the patch from ${base} gives another tree than ${final}`);
}
