import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { JournalWriter } from '../../activities/journal/writer.ts';
import { buildRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import { OdwError } from '../../src/errors/error.ts';
import { inputText } from '../../src/input-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { clientOn, openConnection } from '../../temporal/connect.ts';
import { findEngine, type Engine } from '../../temporal/engine/index.ts';
import { closingRecord, readClosing } from '../../temporal/run/closing.ts';
import { endState } from '../../temporal/run/run-state.ts';
import { findHistory, readRunHistory } from '../../temporal/run/rebuild.ts';
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
  if (holder && ownerIsAlive(holder)) throw new OdwError('run-hosted-elsewhere', `process ${holder.pid} hosts run ${runId} and writes its files`);
  const dataConverter = blobDataConverter();
  const engine = offline ? undefined : await findEngine();
  const client = engine && (await connect(engine, dataConverter));
  const history = await findHistory(client, runId, dir);
  if (!history)
    throw new OdwError(
      'run-no-history',
      `no history of run ${runId}: ${engine ? `the server at ${engine.address} does not know it` : 'no server was asked'}, and ${join(dir, 'history.json')} does not exist`,
    );

  const { input, records } = await readRunHistory(history, runId, dataConverter);
  for (const file of ['events.jsonl', 'state.json', 'script-debug.log']) rmSync(join(dir, file), { force: true });
  const journal = JournalWriter.open({ ...input, runDir: dir });
  for (const record of records) journal.append(record);
  const closing = readClosing(history);
  if (closing) {
    const last = records.at(-1);
    const end = closingRecord(closing, last?.seq ?? 0, last?.event.type === 'workflow_done' || last?.event.type === 'workflow_error');
    if (end) journal.append(end);
    await journal.finish({ status: closing.status, code: closing.code, ts_ms: closing.closedMs });
  } else await journal.close(true);

  const { historyToJSON } = await import('@temporalio/common/lib/proto-utils.js');
  if (closing && !existsSync(join(dir, 'history.json'))) writeFileAtomic(join(dir, 'history.json'), historyToJSON(history), { sync: true });
  writeFileAtomic(join(dir, 'script.js'), input.script.source);
  writeFileAtomic(join(dir, 'input.raw'), inputText(input));
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  const place = {
    workflowId: runId,
    temporalRunId: started?.firstExecutionRunId ?? null,
    namespace: engine?.namespace ?? null,
    address: engine?.address ?? null,
    ui: engine?.uiUrl ?? null,
  };
  const status = closing?.status ?? 'interrupted';
  const end = closing ? { finished_ms: closing.closedMs, census: journal.census, ...(closing.error ? { error: closing.error } : {}) } : {};
  const state = closing ? endState(closing.status, journal.census) : 'interrupted';
  writeRunFile({ ...buildRunFile({ ...input, runDir: dir }, place), status, state, ...end });
  if (closing) await writeReport(dir);
  return { run_id: runId, run_dir: dir, status, events: records.length };
}

async function connect(engine: Engine, dataConverter: ReturnType<typeof blobDataConverter>): Promise<Client> {
  return clientOn(await openConnection(engine), engine, dataConverter);
}
