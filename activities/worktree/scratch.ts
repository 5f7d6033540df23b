import { writeFile } from 'node:fs/promises';
import { pathText, type GitPath } from './git-paths.ts';

/** Folders in which executors keep their own files, at every depth: never part of what an agent made (WT-08). */
const scratchNames = ['.pandacode', '.odw', 'node_modules'];

/** Tells scratch from work, given what the base commit tracks: a tracked path is work, wherever it lies. */
export class ScratchRules {
  private readonly tracked = new Set<GitPath>();
  private readonly vendored = new Set<GitPath>();

  /** @param basePaths every path of the base commit */
  constructor(basePaths: Iterable<GitPath>) {
    for (const path of basePaths) {
      const scratch = scratchFolder(path);
      if (scratch === undefined) continue;
      this.tracked.add(path);
      // Dependencies that are checked in may also get new files. Executor folders may not: what is new there is the executor's.
      if (scratch.endsWith('node_modules')) this.vendored.add(scratch);
    }
  }

  isScratch(path: GitPath): boolean {
    const scratch = scratchFolder(path);
    if (scratch === undefined || this.tracked.has(path)) return false;
    if (!this.vendored.has(scratch)) return true;
    return path
      .slice(scratch.length)
      .split('/')
      .some((name) => name === '.pandacode' || name === '.odw');
  }

  /** Writes the rules as an ignore file, so that git need not read a whole dependency folder. `before`: rules that stand first. */
  async writeIgnoreFile(file: string, before = ''): Promise<void> {
    const exceptions = [...this.vendored].map((folder) => `!/${pathText(folder).replace(/[\\*?[\]!#]/g, '\\$&')}`);
    await writeFile(file, [before, ...scratchNames, ...exceptions, ''].join('\n'));
  }
}

/** The path down to its first scratch name; undefined when it has none. */
function scratchFolder(path: GitPath): GitPath | undefined {
  const names = path.split('/');
  const at = names.findIndex((name) => scratchNames.includes(name));
  return at < 0 ? undefined : names.slice(0, at + 1).join('/');
}
