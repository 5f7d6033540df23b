import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { NodeFailure, NodeOutcome, NodeRequest, WorktreeChanges } from '../../schemas/node.ts';
import { isOdwError, OdwError } from '../../src/errors/error.ts';
import { nothingUsed } from '../../src/node/nothing-used.ts';
import { errorTable } from '../../src/errors/table.ts';
import { debugPoint } from '../../system/debug-point.ts';
import { isDiskFull, tellsDiskFull } from '../../system/disk-full.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { endStep } from '../executor/end-step.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { captureWorktree } from '../worktree/capture.ts';
import { openWorktree } from '../worktree/open.ts';
import { removeWorktree } from '../worktree/remove.ts';
import type { Worktree } from '../worktree/worktree.ts';
import { startBeating, withoutExecutor } from './beat.ts';
import { DEFAULT_TIMINGS, type NodeHost } from './host.ts';
import { readOutcome, writeOutcome } from './outcome-file.ts';
import { readSteps, stepDir } from './steps.ts';

/** Does the node's work in the given directory; the outcome needs to know whether the tree was changed. */
export type NodeWork = (cwd: string) => Promise<(changed: boolean) => NodeOutcome>;

/**
 * Runs a node in its git worktree: opens it, or the one that an earlier host opened; captures it once the work ended, however it
 * ended; writes the outcome; and only then removes the tree, so that at no moment work exists in neither.
 *
 * @throws when the disk is full: to be called again, which starts nothing twice
 */
export async function inWorktree(
  request: NodeRequest,
  where: NonNullable<NodeRequest['worktree']>,
  host: NodeHost,
  files: NodeFiles,
  work: NodeWork,
): Promise<NodeOutcome> {
  const earlier = savedTree(files);
  const vanished = earlier !== undefined && !existsSync(earlier.dir);
  // Before anything is made: whoever clears the run away finds the tree by this file.
  if (!earlier) writeFileAtomic(files.worktree, JSON.stringify({ dir: where.dir, gitDir: '' }));
  debugPoint('after-worktree-plan');
  const stopPreparing = startBeating(host, withoutExecutor('preparing'));
  let tree: Worktree;
  try {
    tree = await openWorktree({ root: request.root, dir: where.dir, base: where.base });
  } catch (error) {
    if (isDiskFull(error)) throw error;
    return unopened(request, error);
  } finally {
    stopPreparing();
  }
  writeFileAtomic(files.worktree, JSON.stringify({ dir: tree.dir, gitDir: tree.gitDir }));
  const finish = await work(tree.execDir);
  const held = finish(true);
  if (held.held) {
    // The node goes on in this tree once its provider serves it again.
    await endSteps(host, files);
    await writeOutcome(files.outcome, held);
    return held;
  }
  const stopBeating = startBeating(host, withoutExecutor('capturing'));
  try {
    await endSteps(host, files);
    const captured = await captureWorktree(tree, { runDir: request.runDir, nodeId: basename(files.dir), refName: where.refName });
    // The work waits in its tree for room: the next try takes the executor's result as it is, and captures.
    if (captured.error !== undefined && tellsDiskFull(captured.error)) throw new OdwError('disk-full', captured.error);
    debugPoint('after-capture');
    const draft = finish(captured.changed);
    const changes = vanished && !['started', 'mock'].includes(draft.taken) ? lostChanges(tree) : captured;
    // Another host may have been faster; then the tree is gone, and its outcome counts.
    const outcome = readOutcome(files.outcome) ?? withChanges(draft, changes);
    await writeOutcome(files.outcome, outcome);
    return await removeTree(files, outcome);
  } finally {
    stopBeating();
  }
}

/** Removes the captured worktree of a node whose outcome is written; also the one that a killed host had not come to remove. */
export async function removeTree(files: NodeFiles, outcome: NodeOutcome): Promise<NodeOutcome> {
  const tree = savedTree(files);
  // A path in the outcome names a tree that is kept, since it could not be captured.
  if (!tree || tree.gitDir === '' || !outcome.worktree || outcome.worktree.path !== undefined) return outcome;
  try {
    await removeWorktree(tree);
    return outcome;
  } catch (error) {
    // The work is captured: a folder that stays is worth a line, not the result.
    return { ...outcome, events: [...outcome.events, { type: 'log', message: error instanceof Error ? error.message : String(error) }] };
  }
}

// What the agent left running would go on writing into a tree that is captured and removed, or that the next dispatch works in.
async function endSteps(host: NodeHost, files: NodeFiles): Promise<void> {
  for (const step of readSteps(files.dir)) await endStep(stepDir(files.dir, step.number), host.timings?.killGraceMs ?? DEFAULT_TIMINGS.killGraceMs);
}

function savedTree(files: NodeFiles): Pick<Worktree, 'dir' | 'gitDir'> | undefined {
  try {
    return JSON.parse(readFileSync(files.worktree, 'utf8')) as Pick<Worktree, 'dir' | 'gitDir'>;
  } catch {
    return undefined;
  }
}

// The executor worked in an earlier tree of this place: the new one being unchanged says nothing about its work.
function lostChanges(tree: Worktree): WorktreeChanges {
  return { changed: true, files: [], diff: '', base: tree.base, error: `worktree ${tree.dir} was deleted before the changes in it could be captured` };
}

// An executor that failed stays that failure (SCH-11); a success whose changes are not captured is none (WT-09).
function withChanges(outcome: NodeOutcome, changes: WorktreeChanges): NodeOutcome {
  if (changes.error === undefined || outcome.status === 'failed') return { ...outcome, worktree: changes };
  const failure: NodeFailure = {
    category: 'worktree_capture_failed',
    message: changes.error,
    retryable: false,
    next_action: changes.path === undefined ? 'Run the node again.' : `Take the changes from ${changes.path}, then remove it.`,
  };
  return { ...outcome, status: 'failed', isText: false, failure, worktree: changes };
}

// Wrong use, or a repository that needs a person: trying again does not help (RETRY-03).
function unopened(request: NodeRequest, error: unknown): NodeOutcome {
  const row = isOdwError(error) ? errorTable[error.slug] : undefined;
  const next = isOdwError(error) ? (error.next ?? row?.next) : undefined;
  const failure: NodeFailure = {
    category: 'workflow_agent_failed',
    message: error instanceof Error ? error.message : String(error),
    retryable: row?.retryable === 'after',
    ...(next ? { next_action: next } : {}),
  };
  const base = { status: 'failed' as const, value: null, isText: false, failure, tokens: null, events: [] };
  return request.backend === 'mock' ? { ...base, taken: 'mock' } : { ...base, ...nothingUsed, taken: 'started' };
}
