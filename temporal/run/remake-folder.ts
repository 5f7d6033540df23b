import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { buildRunFile, updateRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import { JournalWriter } from '../../activities/journal/writer.ts';
import type { Json } from '../../schemas/json.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { Census } from '../../src/journal/census.ts';
import { inputText } from '../../src/input-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { odwHome } from '../../system/paths.ts';
import type { Engine } from '../engine/index.ts';
import { closingRecord, isLastEvent, readClosing, type RunClosing } from './closing.ts';
import { readRunHistory } from './rebuild.ts';
import { remakePatches } from './remake-patches.ts';
import { endState } from '../../src/journal/end-state.ts';

export interface RemadeFolder {
  /** Undefined for a run that is open. */
  closing: RunClosing | undefined;
  status: RunFile['status'];
  result: Json | undefined;
  census: Census;
  /** Journal events made again. */
  events: number;
}

/**
 * Writes a run's folder anew from its history: journal, state, run.json, script, input and patches (HIST-02). What stands there of these is replaced.
 *
 * @param engine where the run lives; undefined when no server was asked
 */
export async function remakeFolder(
  history: History,
  runId: string,
  dir: string,
  engine: Engine | undefined,
  dataConverter: DataConverter,
): Promise<RemadeFolder> {
  const { input, records } = await readRunHistory(history, runId, dataConverter);
  for (const file of ['events.jsonl', 'state.json', 'script-debug.log']) rmSync(join(dir, file), { force: true });
  const journal = JournalWriter.open({ ...input, runDir: dir });
  for (const record of records) journal.append(record);
  const closing = readClosing(history);
  if (closing) {
    const last = records.at(-1);
    const end = closingRecord(closing, last?.seq ?? 0, last !== undefined && isLastEvent(last.event), journal.state);
    if (end) journal.append(end);
    await journal.finish({ status: closing.status, code: closing.code, ts_ms: closing.closedMs });
  } else await journal.close(true);

  if (closing && !existsSync(join(dir, 'history.json'))) writeFileAtomic(join(dir, 'history.json'), historyToJSON(history), { sync: true });
  remakePatches(records, dir);
  writeFileAtomic(join(dir, 'script.js'), input.script.source);
  writeFileAtomic(join(dir, 'input.raw'), inputText(input));
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  const place = {
    workflowId: runId,
    temporalRunId: started?.firstExecutionRunId ?? null,
    namespace: engine?.namespace ?? null,
    address: engine?.address ?? null,
    ui: engine?.uiUrl ?? null,
    ...(engine?.managed ? { home: odwHome() } : {}),
  };
  const status = closing?.status ?? 'interrupted';
  const state = closing ? endState(closing.status, Object.keys(journal.state.failedAgents).length) : 'interrupted';
  const end = closing
    ? {
        parked: null,
        finished_ms: closing.closedMs,
        census: journal.census,
        state_sha256: journal.stateSha256,
        ...(closing.error ? { error: closing.error } : {}),
      }
    : {};
  writeRunFile(buildRunFile({ ...input, runDir: dir }, place));
  // In a second step, as the host did it: the order of the fields comes from that.
  updateRunFile(dir, { status, state, ...end });
  return { closing, status, result: journal.state.result, census: journal.census, events: records.length };
}
