import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isExcluded, isLiteral, literalSteps, readPatterns, type InputPattern, type Step } from '../../src/inputs/patterns.ts';

/** A file that a pattern names. */
export interface FoundInput {
  /** From the project's folder, with slashes. */
  path: string;
  /** Where a symbolic link points that counts as such; absent when the content counts. */
  target?: string;
}

/** What is wrong with the files that a node names, in words for the script's author. */
export class InputProblem extends Error {
  override name = 'InputProblem';
}

/** Folders that a wildcard does not enter; a pattern may name them. */
const passedBy = new Set(['.git', '.odw', 'node_modules']);

const everything: readonly Step[] = ['any'];

/**
 * The files that the patterns of `inputs` name. A path that stands there as written is no glob, a folder stands for all files in it, and
 * a wildcard follows no symbolic link to a folder.
 *
 * @param root the project's folder, its own links resolved; `named` is as the run knows it
 * @returns the files in no order, and the globs that match none
 * @throws InputProblem for a path without a file, one outside of the project, and too many files
 */
export async function findInputs(
  root: string,
  { patterns, named }: { patterns: readonly string[]; named: string },
  limits: { maxFiles: number; signal: AbortSignal },
): Promise<{ files: FoundInput[]; empty: string[] }> {
  const read = readPatterns(patterns, [root, named]);
  if (!read.ok) throw new InputProblem(read.message);
  const search = new Search(root, read.exclude, limits);
  const found = new Map<string, boolean>();
  for (const pattern of read.include) found.set(pattern.text, (await search.find(pattern)) || (found.get(pattern.text) ?? false));
  return { files: [...search.files.values()], empty: [...found].flatMap(([text, any]) => (any ? [] : [text])) };
}

class Search {
  readonly files = new Map<string, FoundInput>();
  /** Folders and steps that the pattern under way has been at. */
  private seen = new Set<string>();
  private text = '';
  private matches = 0;

  constructor(
    private readonly root: string,
    private readonly exclude: readonly RegExp[],
    private readonly limits: { maxFiles: number; signal: AbortSignal },
  ) {}

  /** Takes the files of one pattern; false when it names none. */
  async find({ text, path, steps }: InputPattern): Promise<boolean> {
    this.seen = new Set();
    this.text = text;
    this.matches = 0;
    const literal = literalSteps(path);
    // Names of files may hold what is a wildcard elsewhere, such as [id].ts.
    const isThere = await exists(join(this.root, path));
    if (!isThere && isLiteral(steps)) throw new InputProblem(`${JSON.stringify(text)} is not there: the project ${this.root} has no such file`);
    await this.walk('', isThere ? literal : steps);
    // A folder may be empty, a file taken out again.
    return isThere || this.matches > 0;
  }

  private async walk(folder: string, steps: readonly Step[]): Promise<void> {
    if (this.limits.signal.aborted) return;
    const place = `${steps === everything ? 'all' : steps.length} ${folder}`;
    if (this.seen.has(place)) return;
    this.seen.add(place);
    const [step, ...rest] = steps;
    if (step === undefined) return this.walk(folder, everything);
    if (step !== 'any' && 'name' in step) return this.enter(joined(folder, step.name), rest);
    if (step === 'any' && rest.length > 0) await this.walk(folder, rest);
    for (const entry of await this.entriesOf(folder)) {
      const path = joined(folder, entry.name);
      if (passedBy.has(entry.name) || (step !== 'any' && !step.matches.test(entry.name)) || isExcluded(path, this.exclude)) continue;
      if (entry.isDirectory()) {
        if (step === 'any') await this.walk(path, steps);
        else if (rest.length > 0) await this.walk(path, rest);
      } else if (rest.length === 0) this.take(path, entry.isFile() ? { path } : entry.isSymbolicLink() ? await this.readLink(path) : undefined);
    }
  }

  // A name without a wildcard: its file, or the folder to go on in.
  private async enter(path: string, rest: readonly Step[]): Promise<void> {
    if (isExcluded(path, this.exclude)) return;
    const own = await lstat(join(this.root, path)).catch(() => undefined);
    if (!own) return;
    if (own.isDirectory()) return this.walk(path, rest);
    if (own.isFile()) return rest.length === 0 ? this.take(path, { path }) : undefined;
    const real = own.isSymbolicLink() ? await this.insideOf(path) : undefined;
    const behind = real === undefined ? undefined : await stat(join(this.root, real));
    if (real !== undefined && behind?.isDirectory()) return this.walk(real, rest);
    if (rest.length > 0) return;
    if (!behind?.isFile()) throw new InputProblem(`${path} is neither a file nor a folder`);
    return this.take(path, { path });
  }

  private async readLink(path: string): Promise<FoundInput> {
    const real = await this.insideOf(path).catch(() => undefined);
    const behind = real === undefined ? undefined : await stat(join(this.root, real)).catch(() => undefined);
    return behind?.isFile() ? { path } : { path, target: await readlink(join(this.root, path)) };
  }

  private take(path: string, found: FoundInput | undefined): void {
    if (!found) return;
    this.matches++;
    this.files.set(path, found);
    if (this.files.size > this.limits.maxFiles)
      throw new InputProblem(
        `more than ${this.limits.maxFiles} files with ${JSON.stringify(this.text)}: name those that the agent goes by, or take some out with "!"`,
      );
  }

  // Where a symbolic link leads, from the project's folder.
  private async insideOf(path: string): Promise<string> {
    const real = await realpath(join(this.root, path)).catch((error: NodeJS.ErrnoException) => {
      throw new InputProblem(`${path} is a symbolic link that leads ${error.code === 'ELOOP' ? 'in a circle' : 'to nothing'}`);
    });
    if (real === this.root) return '';
    if (!real.startsWith(`${this.root}/`)) throw new InputProblem(`${path} is a symbolic link that leads out of the project, to ${real}`);
    return real.slice(this.root.length + 1);
  }

  private async entriesOf(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(join(this.root, folder), { withFileTypes: true });
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw new InputProblem(`the folder ${folder || '.'} cannot be read: ${(error as Error).message}`);
    }
  }
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
