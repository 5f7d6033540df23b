import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

const protectedFolders = new Set(['.git', '.pandacode', '.bamboo', '.ssh']);
const protectedFile = /^(?:\.env|\.env\.local|\.env\.production|id_rsa|id_ed25519|.*\.(?:pem|key|p12))$/i;

/** A path that may be touched, absolute; or why not. */
export type GuardedPath = { path: string } | { refused: string };

/**
 * Says whether a path of the workspace may be read or written on an agent's behalf: it has to lie inside, also when
 * symbolic links are followed, and must not belong to git, to the state of executors, or to files that hold secrets.
 * A guard against accidents, no sandbox.
 */
export function guardedPath(path: string, workspace: string, stateDir: string): GuardedPath {
  const root = real(workspace);
  const wanted = resolve(workspace, path);
  const actual = real(wanted);
  if (!isInside(root, actual) || !(isInside(resolve(workspace), wanted) || isInside(root, wanted))) return { refused: `${path} lies outside of the workspace` };
  const names = [relative(root, actual), relative(isInside(root, wanted) ? root : resolve(workspace), wanted)];
  if (isInside(real(stateDir), actual) || names.some(isProtected)) return { refused: `${path} is protected` };
  return { path: actual };
}

function isProtected(name: string): boolean {
  const parts = name.split(sep);
  const first = parts[0]!.toLowerCase();
  return protectedFolders.has(first) || (first === '.odw' && parts[1]?.toLowerCase() === 'runs') || protectedFile.test(parts.at(-1)!);
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

// The real path of what exists, with the rest of the way appended as it is. A link to nothing leads where it points.
function real(path: string, links = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const target = links < 20 ? linkTarget(path) : undefined;
    if (target !== undefined) return real(resolve(dirname(path), target), links + 1);
    const parent = dirname(path);
    return parent === path ? path : join(real(parent, links), basename(path));
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
