import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFile } from '../../schemas/run-file.ts';
import { runsFolder } from '../run-folder.ts';
import { readRun } from './read-run.ts';

export interface ListOptions {
  status?: string;
  /** Keep the newest N. */
  limit?: number;
}

/** The runs of a project by start time, oldest first (CLI-20). Folders without a readable run.json are passed over. */
export function listRuns(root: string, { status, limit }: ListOptions = {}): { runs_dir: string; runs: RunFile[] } {
  const runsDir = runsFolder(root);
  const runs = folderNames(runsDir)
    .flatMap((name) => readRun(join(runsDir, name)) ?? [])
    .filter((run) => status === undefined || run.status === status)
    .sort((a, b) => a.started_ms - b.started_ms || (a.run_id < b.run_id ? -1 : 1));
  return { runs_dir: runsDir, runs: limit === undefined ? runs : runs.slice(Math.max(0, runs.length - limit)) };
}

function folderNames(path: string): string[] {
  try {
    // A name with a dot is a run that is being removed.
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []));
  } catch {
    return [];
  }
}
