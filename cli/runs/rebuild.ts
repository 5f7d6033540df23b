import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@temporalio/client';
import { OdwError } from '../../src/errors/error.ts';
import { ownerIsAlive, readLock, thisProcess } from '../../system/lock-file.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { clientOn, openConnection } from '../../temporal/connect.ts';
import { findEngine, type Engine } from '../../temporal/engine/index.ts';
import { findHistory } from '../../temporal/run/rebuild.ts';
import { lookUpRun } from '../../temporal/run/send-command.ts';
import { remakeFolder } from '../../temporal/run/remake-folder.ts';
import { liveWorkers } from '../../temporal/service/pollers.ts';
import { runQueue } from '../../temporal/worker/run-worker.ts';
import { findRunFolder } from '../run-folder.ts';
import { writeReport } from '../write-report.ts';

export interface RebuiltRun {
  run_id: string;
  run_dir: string;
  status: string;
  /** Journal events made again. */
  events: number;
}

/**
 * Makes a run's folder again from its history: journal, state, run.json, script, input and report (HIST-02). The history is the
 * server's, else the exported one in the folder.
 *
 * @param offline do not ask a server
 * @throws OdwError `run-hosted-elsewhere` while a host writes these files; `run-no-history` when there is nothing to rebuild from
 */
export async function rebuildRun(root: string, idOrLatest: string, offline: boolean): Promise<RebuiltRun> {
  const { runId, dir } = findRunFolder(root, idOrLatest);
  const holder = readLock(join(dir, 'host.lock'));
  if (holder && ownerIsAlive(holder) && !isDeepStrictEqual(holder, thisProcess())) throw hostedBy(runId, String(holder.pid));
  const dataConverter = blobDataConverter();
  const engine = offline ? undefined : await findEngine();
  const client = engine && (await connect(engine, dataConverter));
  const host = client && (await findHost(client, runId));
  if (host) throw hostedBy(runId, host);
  const history = await findHistory(client, runId, dir);
  if (!history)
    throw new OdwError(
      'run-no-history',
      `no history of run ${runId}: ${engine ? `the server at ${engine.address} does not know it` : 'no server was asked'}, and ${join(dir, 'history.json')} does not exist`,
    );

  const { closing, status, events } = await remakeFolder(history, runId, dir, engine, dataConverter);
  if (closing) await writeReport(dir);
  return { run_id: runId, run_dir: dir, status, events };
}

// The lock goes with a folder that is deleted; its host lives on, and writes the files when the run ends.
async function findHost(client: Client, runId: string): Promise<string | undefined> {
  const run = await lookUpRun(client, runId);
  if (!run?.open || run.queue !== runQueue(runId)) return undefined;
  const [worker] = await liveWorkers(client, run.queue);
  return worker && (worker.here ? String(worker.pid) : `${worker.pid} on ${worker.host}`);
}

function hostedBy(runId: string, process: string): OdwError {
  return new OdwError('run-hosted-elsewhere', `process ${process} hosts run ${runId} and writes its files, at the latest when the run ends`);
}

async function connect(engine: Engine, dataConverter: ReturnType<typeof blobDataConverter>): Promise<Client> {
  return clientOn(await openConnection(engine), engine, dataConverter);
}
