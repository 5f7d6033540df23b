import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { sharedQueue } from './queue.ts';

// A worker that was killed has left few runs behind; older ones were ended by others.
const closedLimit = 50;

/** Ids of all open runs of the shared queue. */
export async function openRuns(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const run of client.workflow.list({ query: `TaskQueue = '${sharedQueue}' AND ExecutionStatus = 'Running'` })) ids.push(run.workflowId);
  return ids;
}

/** Ids of runs that closed lately although their folder says that they go on: their worker died before it could write the end. */
export async function unfinishedFolders(client: Client): Promise<string[]> {
  const ids: string[] = [];
  let seen = 0;
  for await (const run of client.workflow.list({ query: `TaskQueue = '${sharedQueue}' AND ExecutionStatus != 'Running'`, pageSize: closedLimit })) {
    const root = run.memo?.['root'];
    if (typeof root === 'string' && looksOpen(join(root, '.odw', 'runs', run.workflowId))) ids.push(run.workflowId);
    if (++seen >= closedLimit) break;
  }
  return ids;
}

/** Whether run.json of a folder exists and shows no end. */
export function looksOpen(runDir: string): boolean {
  const path = join(runDir, 'run.json');
  if (!existsSync(path)) return false;
  try {
    const { status } = JSON.parse(readFileSync(path, 'utf8')) as { status?: unknown };
    return status === 'running' || status === 'paused' || status === 'interrupted';
  } catch {
    return false;
  }
}
