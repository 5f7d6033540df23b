import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JournalWriter } from '../../activities/journal/writer.ts';
import { buildRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { thisProcess } from '../../system/lock-file.ts';
import { makeInput, type EventScript } from './journal.ts';

export interface FolderStory {
  startedMs?: number;
  events?: (input: RunInput) => EventScript;
  exit?: { status: 'completed' | 'failed' | 'cancelled'; code: number };
  /** Fields of run.json that differ. */
  run?: Partial<RunFile>;
  /** Who holds host.lock: nobody, this process, or a process that is gone. */
  host?: 'alive' | 'dead';
}

/** Writes a run folder with the real writer, as a host would leave it. */
export async function makeRunFolder(root: string, runId: string, story: FolderStory = {}): Promise<string> {
  const runDir = join(root, '.odw', 'runs', runId);
  const input = makeInput(runDir, { startedMs: story.startedMs ?? 1000, root });
  mkdirSync(runDir, { recursive: true });
  const writer = JournalWriter.open(input);
  const records = story.events?.(input).records ?? [];
  for (const record of records) writer.append(record);
  const endMs = records.at(-1)?.ts_ms ?? input.startedMs;
  if (story.exit) await writer.finish({ ...story.exit, ts_ms: endMs });
  else await writer.close();
  if (story.host) writeFileSync(join(runDir, 'host.lock'), JSON.stringify(story.host === 'alive' ? thisProcess() : { ...thisProcess(), pid: 999_999_999 }));
  const place = { workflowId: runId, temporalRunId: null, namespace: null, address: null, ui: null };
  writeRunFile({ ...buildRunFile(input, place), ...(story.exit ? { status: story.exit.status, finished_ms: endMs } : {}), ...story.run });
  return runDir;
}
