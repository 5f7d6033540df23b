import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Where tools may work. Both absolute. */
export interface Boundary {
  workspace: string;
  stateDir: string;
}

const protectedFirst = new Set(['.pandacode', '.bamboo']);
// At any depth: what lies in a repository's folder may be run by git, also in a submodule's.
const protectedFolders = new Set(['.git', '.ssh']);
const protectedNames = new Set(['.env', '.env.local', '.env.production', 'id_rsa', 'id_ed25519']);
const protectedEndings = ['.pem', '.key', '.p12'];

/** Whether a path, relative to the workspace and with forward slashes, is off limits for every file tool. */
export function isProtected(path: string): boolean {
  const segments = path.split('/').filter((one) => one && one !== '.');
  const low = segments.map((one) => one.toLowerCase());
  const name = low.at(-1) ?? '';
  if (protectedFirst.has(low[0] ?? '') || low.some((one) => protectedFolders.has(one))) return true;
  if (segments[0] === '.odw' && segments[1] === 'runs') return true;
  return isProtectedName(name);
}

export function isProtectedName(name: string): boolean {
  const low = name.toLowerCase();
  return protectedNames.has(low) || protectedEndings.some((ending) => low.endsWith(ending));
}

/** Why a path is refused, or where it is. `..` is refused for writing, and nothing outside the workspace is reached, through links neither. */
export function allowedPath(given: string, boundary: Boundary, use: 'read' | 'write'): { path: string; shown: string } | { refused: string } {
  if (!given.trim()) return { refused: 'the path is empty' };
  if (given.includes('\0')) return { refused: 'the path holds a NUL character' };
  if (use === 'write' && given.split(/[\\/]/).includes('..')) return { refused: `${given} holds "..", which is not allowed for writing` };
  const { workspace, stateDir } = boundary;
  const path = isAbsolute(given) ? resolve(given) : resolve(workspace, given);
  const refusal = refusalOf(path, workspace, stateDir, given);
  if (refusal) return { refused: refusal };
  // What the path leads to counts as much as what it says.
  const real = realPath(path);
  if (real === undefined) return { refused: `${given} leads through links in a circle` };
  const throughLinks = refusedReal(real, boundary, given);
  if (throughLinks) return { refused: `${throughLinks}, through a symbolic link` };
  return { path, shown: shownPath(path, workspace) };
}

/** Why a path that holds no links is off limits; undefined when it is not. */
export function refusedReal(real: string, { workspace, stateDir }: Boundary, given: string): string | undefined {
  return refusalOf(real, realpathSync(workspace), realPath(stateDir) ?? stateDir, given);
}

/** A path as it is shown: relative to the workspace, with forward slashes; `.` for the workspace itself. */
export function shownPath(path: string, workspace: string): string {
  return relative(workspace, path).split(sep).join('/') || '.';
}

function refusalOf(path: string, workspace: string, stateDir: string, given: string): string | undefined {
  const shown = shownPath(path, workspace);
  if (shown === '..' || shown.startsWith('../') || isAbsolute(shown)) return `${given} is outside the workspace`;
  if (isProtected(shown)) return `${given} is protected`;
  if (path === stateDir || path.startsWith(stateDir + sep)) return `${given} is protected: it holds the state of this program`;
  return undefined;
}

/** The path with all links resolved, as far as it exists: of its deepest existing part, the rest added. */
export function realPath(path: string, depth = 0): string | undefined {
  if (depth > 40) return undefined;
  try {
    return realpathSync(path);
  } catch {
    // A link whose target does not exist yet still leads somewhere.
    if (isLink(path)) return realPath(resolve(dirname(path), readlinkSync(path)), depth + 1);
    const parent = dirname(path);
    if (parent === path) return path;
    const above = existsSync(parent) ? realpathSync(parent) : realPath(parent, depth + 1);
    return above === undefined ? undefined : join(above, basename(path));
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
