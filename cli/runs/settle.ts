import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { RunFile } from '../../schemas/run-file.ts';
import { tryLock } from '../../system/lock-file.ts';
import { odwHome } from '../../system/paths.ts';
import { findEngine, type Engine } from '../../temporal/engine/index.ts';
import { findRunFolder } from '../run-folder.ts';
import { listRuns } from './list.ts';
import { readRun } from './read-run.ts';

/** Milliseconds that a look at runs waits for a server: it is a look, not a command. */
const patienceMs = 3000;

// What a look says of an open run without a host.
const unasked = 'as its files tell it: its Temporal server was not asked or not reached, so nobody knows whether the run was ended there';
const unwritten = (id: string, error: unknown) =>
  `as its files tell it: run ${id} was ended on its Temporal server, but that could not be written: ${error instanceof Error ? error.message : String(error)}`;

/**
 * Asks the server after runs that are open and without a host, if the server runs: one that was ended there, for example in the Web UI, has
 * nobody who writes its end. It is written now, and what its executors left is kept. Starts no server, and asks nothing when no run is in doubt.
 *
 * @param id of one run, or `latest`; default: all runs of the project
 * @returns what is to be said of runs that stay in doubt: their server could not be asked, or their end not be written; undefined when there are none
 */
export async function settleRuns(root: string, id?: string): Promise<string | undefined> {
  const runs = (id === undefined ? listRuns(root).runs : [readRun(findRunFolder(root, id).dir)]).filter((run) => run !== undefined).filter(isInDoubt);
  if (runs.length === 0) return undefined;
  try {
    const engine = await findEngine();
    const known = engine ? runs.filter((run) => isThere(run, engine)) : [];
    const failed = engine && known.length > 0 ? await settle(root, known, engine) : undefined;
    return failed ?? (known.length < runs.length ? unasked : undefined);
  } catch {
    return unasked;
  }
}

// A run of the shared queue has no host of its own.
function isInDoubt({ status, state, schedule }: RunFile): boolean {
  return status === 'interrupted' || (schedule !== undefined && state === 'stalled');
}

// The managed server may have got another port since.
function isThere({ namespace, address, home }: RunFile, engine: Engine): boolean {
  return namespace === engine.namespace && (engine.managed ? home === undefined || home === odwHome() : address === engine.address);
}

// Returns what is to be said when an end could not be written.
async function settle(root: string, runs: RunFile[], engine: Engine): Promise<string | undefined> {
  const [{ connectEngine }, { blobDataConverter }, { isNotFound }] = await Promise.all([
    import('../../temporal/connect.ts'),
    import('../../temporal/blobs/data-converter.ts'),
    import('../../temporal/run/not-found.ts'),
  ]);
  const { client, connection } = await connectEngine(engine, blobDataConverter(), { timeoutMs: patienceMs });
  try {
    const described = await client.withDeadline(Date.now() + patienceMs, () =>
      Promise.all(
        runs.map(({ run_id }) =>
          client.workflow
            .getHandle(run_id)
            .describe()
            .catch((error: unknown) => unlessGone(error, isNotFound)),
        ),
      ),
    );
    let failed: string | undefined;
    for (const [at, { run_id, run_dir }] of runs.entries()) {
      if (!described[at] || described[at].status.name === 'RUNNING') continue;
      await writeEnd(client, root, run_id, run_dir).catch((error: unknown) => (failed ??= unwritten(run_id, error)));
    }
    return failed;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

// As a resume does: answers that came meanwhile are kept, executors that work for nobody are ended, their work is captured.
async function writeEnd(client: Client, root: string, runId: string, runDir: string): Promise<void> {
  const [{ finishLeft }, { clearRun }, { completeRun }] = await Promise.all([
    import('../../activities/run-node/finish-left.ts'),
    import('../../activities/run-node/clear-run.ts'),
    import('./complete.ts'),
  ]);
  const lock = tryLock(join(runDir, 'host.lock'));
  // Somebody resumes it in this moment, and writes its end.
  if (!('release' in lock)) return;
  try {
    await finishLeft(runDir);
    await clearRun({ root, runId, runDir });
    await completeRun(client, root, { runId, runDir });
  } finally {
    lock.release();
  }
}

function unlessGone(error: unknown, isNotFound: (error: unknown) => boolean): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
