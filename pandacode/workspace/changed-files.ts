import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { git } from '../process/git.ts';

/** What a workspace looked like at a moment. */
export interface WorkspaceSnapshot {
  /** Top folder of the repository; null = no git repository. */
  root: string | null;
  head: string | null;
  /** Content hash of each file that differs from HEAD, by path relative to `root`. */
  dirty: Map<string, string>;
}

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const hashLimit = 64 * 1024 * 1024;

/**
 * Looks at a workspace: its HEAD and all files that differ from it, by content. Not a repository, or no git: an empty snapshot.
 *
 * @param earlier a look at the same workspace, whose top folder is still the same
 */
export async function snapshot(workspace: string, earlier?: WorkspaceSnapshot): Promise<WorkspaceSnapshot> {
  if (!mayBeRepository(workspace)) return { root: null, head: null, dirty: new Map() };
  const [top, head, status] = await Promise.all([
    earlier?.root ?? git(workspace, ['rev-parse', '--show-toplevel']),
    git(workspace, ['rev-parse', '--verify', '--quiet', 'HEAD']),
    git(workspace, ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--no-renames']),
  ]);
  const root = top?.trimEnd();
  if (!root || status === undefined) return { root: null, head: null, dirty: new Map() };
  const paths = status.split('\0').flatMap((entry) => (entry.length > 3 ? [entry.slice(3)] : []));
  return { root, head: head?.trim() || null, dirty: new Map(paths.map((path) => [path, contentOf(join(root, path))])) };
}

/**
 * The files that a run changed, relative to the workspace and sorted: differences between two looks (commits made in
 * between included), and what its tools reported when there is no repository.
 */
export async function changedFiles(workspace: string, before: WorkspaceSnapshot, after: WorkspaceSnapshot, reported: Iterable<string>): Promise<string[]> {
  const { root } = after;
  if (!root || before.root !== root)
    return [...new Set([...reported].map((path) => relativeTo(workspace, isAbsolute(path) ? path : join(workspace, path))))].sort();
  const changed = new Set<string>();
  for (const [path, hash] of after.dirty) if (before.dirty.get(path) !== hash) changed.add(path);
  for (const [path, hash] of before.dirty) if (!after.dirty.has(path) && contentOf(join(root, path)) !== hash) changed.add(path);
  if (after.head && before.head !== after.head) {
    const names = await git(workspace, ['diff', '--name-only', '-z', '--no-renames', before.head ?? emptyTree, after.head]);
    for (const path of (names ?? '').split('\0')) if (path && before.dirty.get(path) !== contentOf(join(root, path))) changed.add(path);
  }
  for (const path of await renamedAway(workspace, root, changed, before)) changed.delete(path);
  return [...changed].map((path) => relativeTo(workspace, join(root, path))).sort();
}

// A rename gives the new path alone: a missing file whose former content is now found under another changed name.
async function renamedAway(workspace: string, root: string, changed: Set<string>, before: WorkspaceSnapshot): Promise<string[]> {
  const contents = new Map([...changed].map((path) => [path, contentOf(join(root, path))]));
  const missing = [...changed].filter((path) => contents.get(path) === 'missing');
  if (missing.length === 0 || missing.length === changed.size) return [];
  const listed = before.head ? await git(workspace, ['ls-tree', '-z', '--full-tree', before.head, '--', ...missing.slice(0, 1000)]) : '';
  const former = new Map<string, string>();
  for (const [, id, path] of (listed ?? '').matchAll(/\d+ blob ([0-9a-f]+)\t([^\0]+)\0/g)) former.set(path!, id!);
  const present = new Set([...contents.values()].map((content) => content.split(' ')[0]));
  return missing.filter((path) => present.has((before.dirty.get(path) ?? former.get(path))?.split(' ')[0]));
}

// Without a repository above, git need not be asked.
function mayBeRepository(workspace: string): boolean {
  if (process.env['GIT_DIR']) return true;
  for (let folder = workspace; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return true;
    if (folder === dirname(folder)) return false;
  }
}

function contentOf(path: string): string {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return `link ${readlinkSync(path)}`;
    if (!stat.isFile()) return 'folder';
    if (stat.size > hashLimit) return `size ${stat.size} time ${stat.mtimeMs}`;
    // git's own name of the content, so that it can be compared with what is in a commit.
    const content = readFileSync(path);
    const id = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    return `${id} ${stat.mode & 0o111 ? 'executable' : 'plain'}`;
  } catch {
    return 'missing';
  }
}

function relativeTo(workspace: string, path: string): string {
  return relative(workspace, path).replaceAll('\\', '/');
}
