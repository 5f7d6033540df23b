import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { git } from '../../../process/git.ts';
import { isProtected, shownPath, type Boundary } from '../safety/protected-paths.ts';

const skipped = new Set(['.git', 'target', 'node_modules', '.next', 'dist', 'build', '.pandacode', '.bamboo', '.bamboo-inspect', '.DS_Store']);

/** Whether listing and searching pass over an entry. */
export function isSkipped(shown: string): boolean {
  return shown.split('/').some((segment) => skipped.has(segment)) || isProtected(shown);
}

export interface Listing {
  /** Files relative to the workspace, sorted. */
  files: string[];
  isCut: boolean;
}

/** The files below a folder that may be shown: neither protected, nor skipped, nor ignored by git. Links are not followed. */
export async function listFiles(folder: string, boundary: Boundary, limits: { most: number; depth: number }): Promise<Listing> {
  const under = shownPath(folder, boundary.workspace);
  const fromGit = await git(folder, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '.']);
  const prefix = under === '.' ? '' : `${under}/`;
  const all =
    fromGit !== undefined
      ? fromGit
          .split('\0')
          .filter(Boolean)
          .map((path) => prefix + path)
      : walk(folder, boundary, limits);
  const base = prefix === '' ? 0 : prefix.split('/').length - 1;
  const files = [...new Set(all)].filter((path) => !isSkipped(path) && path.split('/').length - base <= limits.depth && !insideState(path, boundary)).sort();
  return { files: files.slice(0, limits.most), isCut: files.length > limits.most };
}

function insideState(path: string, { workspace, stateDir }: Boundary): boolean {
  const full = join(workspace, path);
  return full === stateDir || full.startsWith(`${stateDir}/`);
}

function walk(folder: string, boundary: Boundary, limits: { most: number; depth: number }): string[] {
  const found: string[] = [];
  const queue: [path: string, depth: number][] = [[folder, 1]];
  while (queue.length > 0 && found.length <= limits.most) {
    const [at, depth] = queue.shift()!;
    let entries: Dirent[];
    try {
      entries = readdirSync(at, { withFileTypes: true });
    } catch {
      continue;
    }
    for (const entry of entries) {
      const path = join(at, entry.name);
      const shown = shownPath(path, boundary.workspace);
      if (isSkipped(shown)) continue;
      if (entry.isDirectory() && depth < limits.depth) queue.push([path, depth + 1]);
      else if (entry.isFile() || entry.isSymbolicLink()) found.push(shown);
    }
  }
  return found;
}
