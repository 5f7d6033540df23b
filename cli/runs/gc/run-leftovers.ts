import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inspectNode } from '../../../activities/executor/inspect.ts';
import { nodeFilesIn } from '../../../activities/executor/node-files.ts';
import { readSteps, stepDir } from '../../../activities/run-node/steps.ts';
import { ownerIsAlive, readLock } from '../../../system/lock-file.ts';
import { runsFolder } from '../../run-folder.ts';
import { listRuns } from '../list.ts';
import { folderBytes } from '../remove/folder-bytes.ts';
import type { Found, Kept, Leftover } from './leftover.ts';

/**
 * What is left in the run folders of a project: half-removed runs, folders of nodes that came to nothing, locks of dead processes, cut writes.
 * The folder of a node whose executor ended well, and whose answer nobody took, is named and kept.
 */
export function findInRuns(root: string, minAgeMs: number): Found {
  const runs = runsFolder(root);
  const kept: Kept[] = [];
  const leftovers = [
    ...names(runs).flatMap((name) => (name.startsWith('.removing-') ? [leftover('removed-run', join(runs, name), 'its removal was cut short')] : [])),
    ...listRuns(root).runs.flatMap((run) => {
      const dir = join(runs, run.run_id);
      const lock = readLock(join(dir, 'host.lock'));
      if (lock && ownerIsAlive(lock)) return [];
      const isClosed = ['completed', 'failed', 'cancelled'].includes(run.status);
      return [...locks(dir), ...cutWrites(dir, minAgeMs), ...(isClosed ? emptyHanded(dir, kept) : [])];
    }),
  ];
  return { leftovers: leftovers.map((one) => ({ ...one, remove: () => rmSync(one.path, { recursive: true, force: true, maxRetries: 5 }) })), kept };
}

function locks(dir: string): Leftover[] {
  const path = join(dir, 'host.lock');
  const owner = readLock(path);
  // Only a host's own machine can tell that it is dead.
  return owner?.host === hostname() && !ownerIsAlive(owner) ? [leftover('lock', path, `process ${owner.pid}, which held it, is gone`)] : [];
}

// Temporary files are renamed or removed at once; an old one is what a crash left.
function cutWrites(dir: string, minAgeMs: number): Leftover[] {
  const folders = [dir, join(dir, 'diffs'), ...names(join(dir, 'nodes')).map((name) => join(dir, 'nodes', name))];
  const isCut = (path: string) =>
    /\.(tmp\.\d+\.\d+|part\.\d+)$/.test(path) && Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) >= minAgeMs;
  return folders.flatMap((folder) =>
    names(folder).flatMap((name) => (isCut(join(folder, name)) ? [leftover('temporary', join(folder, name), 'a write was cut short')] : [])),
  );
}

// A node of a closed run without an outcome was started in vain. Its worktree, if it is still there, is looked at on its own.
function emptyHanded(dir: string, kept: Kept[]): Leftover[] {
  return names(join(dir, 'nodes')).flatMap((name) => {
    const files = nodeFilesIn(join(dir, 'nodes', name));
    const step = readSteps(files.dir).at(-1);
    const status = step && inspectNode(stepDir(files.dir, step.number));
    if (existsSync(files.outcome) || existsSync(files.worktree) || (typeof status === 'object' && 'running' in status)) return [];
    if (typeof status === 'object' && status.finished.code === 0) {
      kept.push({ path: files.dir, why: 'its executor ended well, and nobody took its answer' });
      return [];
    }
    return [leftover('node-folder', files.dir, 'the run has ended, and this node came to no end')];
  });
}

function leftover(kind: Leftover['kind'], path: string, why: string): Leftover {
  return { kind, path, bytes: folderBytes(path), why };
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
