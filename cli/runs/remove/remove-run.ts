import { lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetLatest } from '../../../activities/journal/latest-run.ts';
import { readRunFile } from '../../../activities/journal/run-file.ts';
import { clearRun } from '../../../activities/run-node/clear-run.ts';
import { treesName } from '../../../activities/worktree/trees-folder.ts';
import type { RunFile } from '../../../schemas/run-file.ts';
import { isOdwError, OdwError } from '../../../src/errors/error.ts';
import { ownerIsAlive, readLock } from '../../../system/lock-file.ts';
import { openBlobStore } from '../../../temporal/blobs/blob-store.ts';
import { BlobReferences } from '../../../temporal/blobs/references.ts';
import { sweepBlobs } from '../../../temporal/blobs/sweep.ts';
import { shellQuote } from '../../exec/shell-command.ts';
import { findRunFolder } from '../../run-folder.ts';
import { listRuns } from '../list.ts';
import { readRun } from '../read-run.ts';
import { folderBytes } from './folder-bytes.ts';
import { inspectTrees, removeRefs, removeTrees, repositoryOf, treesByRun } from './run-trees.ts';
import type { ServerCopies } from './server-copy.ts';

export interface RemoveOptions {
  /** Stop the run when it is open. */
  force: boolean;
  /** Leave the server's copy, and with it the blobs that it refers to. */
  keepHistory: boolean;
}

/** What `odw runs rm` did with one run. */
export interface RemovedRun {
  run_id: string;
  run_dir: string;
  /** Size of the folder. */
  bytes: number;
  blobs: number;
  blob_bytes: number;
  worktrees: string[];
  refs: number;
  /** The server's copy: deleted now, not there, left on purpose, or not asked for, since the server did not answer or is another one. */
  history: 'deleted' | 'none' | 'kept' | 'unknown';
  notes: string[];
}

/** How long a host may take to leave a run that was ended under it. */
const hostLeavesMs = 60_000;

/**
 * Removes one run: the server's copy, worktrees and hidden refs, the folder, and the blobs that no other run refers to, in that order, so that a crash
 * at any point leaves what a second call, or `odw runs gc`, removes.
 *
 * @param server undefined when it cannot be reached: then the blobs stay until `odw runs gc`
 * @throws OdwError `run-not-found`, `run-foreign`, `run-open`, `run-unsaved-work`; then nothing was removed
 */
export async function removeRun(root: string, id: string, options: RemoveOptions, server: ServerCopies | undefined): Promise<RemovedRun> {
  const { runId, dir } = findRunFolder(root, id);
  checkFolder(runId, dir);
  const references = new BlobReferences(openBlobStore().folder);
  const { owner, name } = references.of(runId);
  const mine = server && (owner === undefined || owner.server === server.name) ? server : undefined;
  const notes = await end(runId, dir, options, mine);
  const run = readRunFile(join(dir, 'run.json'));

  const project = run.root as string | undefined;
  const repository = project === undefined ? undefined : await repositoryOf(project);
  const registered = repository ? ((await treesByRun(repository)).get(treesName(runId)) ?? []) : [];
  const trees = repository ? await inspectTrees(registered, repository, dir) : [];
  const unsaved = trees.filter((tree) => tree.unsaved).map((tree) => tree.dir);
  if (unsaved.length > 0) {
    const what = unsaved.length === 1 ? `worktree ${unsaved[0]} holds work that is` : `worktrees ${unsaved.join(', ')} hold work that is`;
    throw new OdwError('run-unsaved-work', `run ${runId} was not removed: ${what} kept nowhere else`, {
      fields: { worktrees: unsaved },
      next: `Take the work from there, or throw it away: ${unsaved.map((dir) => shellQuote(['git', '-C', root, 'worktree', 'remove', '--force', '--force', dir])).join('; ')}`,
    });
  }

  const history = await removeHistory(runId, options, mine);
  await removeTrees(trees);
  const refs = repository ? await removeRefs(repository, runId) : 0;
  const bytes = folderBytes(dir);
  removeFolder(root, runId, dir);
  const swept = history === 'deleted' || history === 'none' ? await removeBlobs(references, name) : [];
  if (history === 'unknown') notes.push(`the server's copy of ${runId} and its blobs are left: ${whyUnknown(server, owner?.server)}; odw runs gc removes them`);
  return {
    run_id: runId,
    run_dir: dir,
    bytes,
    blobs: swept.length,
    blob_bytes: swept.reduce((sum, blob) => sum + blob.bytes, 0),
    worktrees: trees.map((tree) => tree.dir),
    refs,
    history,
    notes,
  };
}

// HIST-02: a folder is a run's when its run.json says so, and nothing else may be deleted.
function checkFolder(runId: string, dir: string): void {
  const stat = lstatSync(dir, { throwIfNoEntry: false });
  if (!stat) throw new OdwError('run-not-found', `there is no run ${runId}: ${dir} does not exist`, { fields: { path: dir } });
  const foreign = (why: string, cause?: unknown) => new OdwError('run-foreign', `${dir} was not removed: ${why}`, { fields: { path: dir }, cause });
  if (stat.isSymbolicLink()) throw foreign('it is a symbolic link');
  if (!stat.isDirectory()) throw foreign('it is not a folder');
  let run: RunFile;
  try {
    if (lstatSync(join(dir, 'run.json')).isSymbolicLink()) throw new Error('run.json is a symbolic link');
    run = readRunFile(join(dir, 'run.json'));
  } catch (error) {
    throw foreign('it has no run.json of a run', error);
  }
  if (run.run_id !== runId) throw foreign(`its run.json is that of run ${run.run_id}`);
}

// Returns once nobody works on the run any more.
async function end(runId: string, dir: string, { force }: RemoveOptions, server: ServerCopies | undefined): Promise<string[]> {
  const status = readRun(dir)?.status;
  const lock = readLock(join(dir, 'host.lock'));
  const hosted = lock !== undefined && ownerIsAlive(lock);
  const open = server ? (await server.look(runId)) === 'open' : hosted || !['completed', 'failed', 'cancelled'].includes(status ?? '');
  if (!open && !hosted) return [];
  if (!force) {
    const who = hosted ? `process ${lock.pid} hosts it` : server ? 'it is open on the server' : 'its files show no end, and the server does not answer';
    const next = `Remove it with odw runs rm ${runId} --force, which loses what its agents are doing; or end it first: odw stop ${runId}`;
    throw new OdwError('run-open', `run ${runId} was not removed: ${who}`, { fields: { run_id: runId }, next });
  }
  if (server && open) await server.end(runId, 'removed with odw runs rm --force');
  for (const until = Date.now() + hostLeavesMs; hostLives(dir); await sleep(50)) {
    if (Date.now() > until)
      throw new OdwError('run-open', `run ${runId} was not removed: process ${lock?.pid ?? '?'} still hosts it`, {
        next: 'End that process, and repeat the command.',
      });
  }
  const { root } = readRunFile(join(dir, 'run.json')) as { root?: unknown };
  return typeof root === 'string' ? clearRun({ root, runId, runDir: dir }) : [];
}

function hostLives(dir: string): boolean {
  const lock = readLock(join(dir, 'host.lock'));
  return lock !== undefined && ownerIsAlive(lock);
}

async function removeHistory(runId: string, { keepHistory }: RemoveOptions, server: ServerCopies | undefined): Promise<RemovedRun['history']> {
  if (!server) return 'unknown';
  if ((await server.look(runId)) === 'none') return 'none';
  if (keepHistory) return 'kept';
  await server.remove(runId);
  return 'deleted';
}

// Away in one step, so that no list shows half a run.
function removeFolder(root: string, runId: string, dir: string): void {
  const aside = join(dirname(dir), `.removing-${runId}`);
  rmSync(aside, { recursive: true, force: true });
  renameSync(dir, aside);
  forgetLatest(
    dirname(dir),
    runId,
    listRuns(root).runs.findLast((run) => !run.preview),
  );
  rmSync(aside, { recursive: true, force: true, maxRetries: 5 });
}

async function removeBlobs(references: BlobReferences, name: string): Promise<{ bytes: number }[]> {
  const { blobs } = references.list().find((one) => one.name === name) ?? { blobs: [] };
  references.drop(name);
  return blobs.length === 0 ? [] : sweepBlobs(openBlobStore(), references, { only: blobs });
}

function whyUnknown(server: ServerCopies | undefined, owner: string | undefined): string {
  return server ? `they are on another server, ${owner ?? 'which is not known'}` : 'the server does not answer';
}

/** The errors that mean that this run cannot be removed, while others may be. */
export function isRefusal(error: unknown): boolean {
  return isOdwError(error) && ['run-not-found', 'run-id-invalid', 'run-foreign', 'run-open', 'run-unsaved-work'].includes(error.slug);
}
