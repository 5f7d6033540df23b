import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runFiles } from './run-files.ts';

/** What is known of the runs of a workspace, newest first. */
export function listRuns(stateDir: string): Record<string, unknown>[] {
  let names: string[];
  try {
    names = readdirSync(dirname(runFiles(stateDir, 'any').folder));
  } catch {
    return [];
  }
  return names.flatMap((name) => readMetadata(runFiles(stateDir, name).metadata)).sort((a, b) => Number(b['started_ms']) - Number(a['started_ms']));
}

function readMetadata(file: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>];
  } catch {
    return [];
  }
}
