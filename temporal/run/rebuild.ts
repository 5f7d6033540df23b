import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { historyFromJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import type { RunInput } from '../../schemas/run-input.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { RunState } from '../../schemas/state.ts';
import { applyRecord, emptyState } from '../../src/journal/state.ts';
import { installRuntime } from '../runtime.ts';
import { workflowBundlePath } from '../worker/bundle.ts';
import { sandboxOptions } from '../worker/run-worker.ts';
import { decodeRunInput } from './history.ts';
import { plainBlobTrouble } from '../blobs/blob-trouble.ts';
import { isNotFound } from './not-found.ts';

/** A run's history: the server's, else the one exported to its folder (RES-08). Undefined when both are gone. */
export async function findHistory(client: Client | undefined, runId: string, runDir: string): Promise<History | undefined> {
  try {
    if (client) return await client.workflow.getHandle(runId).fetchHistory();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const path = join(runDir, 'history.json');
  return existsSync(path) ? historyFromJSON(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

/**
 * Replays a history and collects the journal events it makes again, in order (DESIGN D6).
 *
 * @throws DeterminismViolationError when this build of the interpreter no longer fits the history; OdwError `blob-missing` or `blob-damaged`
 */
export async function replayRecords(history: History, runId: string, dataConverter: DataConverter): Promise<SinkRecord[]> {
  const [{ Worker }] = await Promise.all([import('@temporalio/worker'), installRuntime()]);
  const records: SinkRecord[] = [];
  await Worker.runReplayHistory(
    {
      workflowBundle: { codePath: workflowBundlePath() },
      dataConverter,
      sinks: { journal: { emit: { fn: (_info: unknown, record: SinkRecord) => void records.push(record), callDuringReplay: true } } },
      ...sandboxOptions,
      // The default replays on this thread, without a time limit, and slows the process for good.
      ...{ debugMode: false },
    },
    history,
    runId,
  ).catch(async (error: unknown) => {
    throw await plainBlobTrouble(error);
  });
  return records;
}

/** Everything that a history says of its run: the input it was started with and the journal events. */
export async function readRunHistory(history: History, runId: string, dataConverter: DataConverter): Promise<{ input: RunInput; records: SinkRecord[] }> {
  const { loadDataConverter } = await import('@temporalio/common/lib/internal-non-workflow/index.js');
  const input = await decodeRunInput(loadDataConverter(dataConverter), history.events?.[0], runId);
  return { input, records: await replayRecords(history, runId, dataConverter) };
}

/** state.json as the history tells it. */
export async function rebuildState(history: History, runId: string, dataConverter: DataConverter): Promise<RunState> {
  const { input, records } = await readRunHistory(history, runId, dataConverter);
  const state = emptyState(input);
  for (const record of records) applyRecord(state, record);
  return state;
}
