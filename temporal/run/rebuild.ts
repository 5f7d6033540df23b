import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { historyFromJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import type { RunInput } from '../../schemas/run-input.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { RunState } from '../../schemas/state.ts';
import { applyRecord, emptyState } from '../../src/journal/state.ts';
import { workflowBundlePath } from '../worker/bundle.ts';
import { sandboxOptions } from '../worker/run-worker.ts';
import { decodeRunInput } from './history.ts';

/** A run's history: the server's, else the one exported to its folder (RES-08). Undefined when both are gone. */
export async function findHistory(client: Client, runId: string, runDir: string): Promise<History | undefined> {
  try {
    return await client.workflow.getHandle(runId).fetchHistory();
  } catch (error) {
    if ((error as { name?: string }).name !== 'WorkflowNotFoundError') throw error;
  }
  const path = join(runDir, 'history.json');
  return existsSync(path) ? historyFromJSON(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

/**
 * Replays a history and collects the journal events it makes again, in order (DESIGN D6).
 *
 * @throws DeterminismViolationError when this build of the interpreter no longer fits the history
 */
export async function replayRecords(history: History, runId: string, dataConverter: DataConverter): Promise<SinkRecord[]> {
  const { Worker } = await import('@temporalio/worker');
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
  );
  return records;
}

/** state.json as the history tells it. */
export async function rebuildState(client: Client, history: History, runId: string): Promise<{ input: RunInput; state: RunState }> {
  const converter = client.options.loadedDataConverter;
  const input = await decodeRunInput(converter, history.events?.[0], runId);
  const state = emptyState(input);
  for (const record of await replayRecords(history, runId, client.options.dataConverter ?? {})) applyRecord(state, record);
  return { input, state };
}
