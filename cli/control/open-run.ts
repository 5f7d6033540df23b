import type { Client } from '@temporalio/client';
import { OdwError } from '../../src/errors/error.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { findEngine } from '../../temporal/engine/index.ts';
import { lookUpRun, workerDown } from '../../temporal/run/send-command.ts';
import { resolveRoot } from '../exec/source.ts';
import { findRunFolder } from '../run-folder.ts';
import { readRun } from '../runs/read-run.ts';

/** An open run, and how to reach it. */
export interface OpenRun {
  runId: string;
  /** Its folder; may be missing here when another machine hosts the run. */
  dir: string;
  /** Task queue of the run's own workflow tasks. */
  queue: string;
  client: Client;
}

/**
 * Finds a run that takes commands, from any process. Starts no server: without one nobody hosts a run.
 *
 * @throws OdwError `run-closed`, which names the command that goes on; `run-not-found`; `worker-down` when no server runs; `engine-unreachable`
 */
export async function findOpenRun(path: string, idOrLatest: string): Promise<OpenRun> {
  const root = resolveRoot(path);
  const { runId, dir } = findRunFolder(root, idOrLatest);
  const recorded = readRun(dir);
  if (recorded?.finished_ms != null) throw runClosed(root, runId, recorded.status);
  const engine = await findEngine();
  if (!engine) throw recorded ? workerDown(runId, `no server runs, so nobody hosts run ${runId}`) : notFound(root, runId);
  const { client } = await connectEngine(engine, blobDataConverter(), { timeoutMs: 4000 });
  const run = await lookUpRun(client, runId);
  if (!run) throw notFound(root, runId);
  if (!run.open) throw runClosed(root, runId, run.status);
  return { runId, dir, queue: run.queue, client };
}

/** A run that takes no command any more; says how to go on. */
export function runClosed(root: string, runId: string, status: string): OdwError {
  return new OdwError('run-closed', `run ${runId} has ended (${status})`, {
    fields: { runId, status },
    next: `Go on from its results in a new run: odw exec --path ${root} --resume ${runId}`,
  });
}

function notFound(root: string, runId: string): OdwError {
  return new OdwError('run-not-found', `there is no run ${runId} in ${root}, and the server knows none`);
}
