import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { writeFileAtomic } from '../../system/files.ts';
import { watchdogPrefix } from '../worker/watchdog.ts';

/** Hosts in a row that took a run up, and how far its journal was then. */
export interface HostStarts {
  starts: number;
  events: number;
}

const mostStarts = 3;

/** Counts one more host of a run whose journal ends at `events`; progress since the last one starts the count anew. */
export function countStart(before: HostStarts | undefined, events: number): HostStarts {
  return { starts: before?.events === events ? before.starts + 1 : 1, events };
}

/**
 * Ends a run whose script takes its hosts down with it (a stretch of native code that no loop guard sees can abort the process):
 * the third host in a row that finds the journal where the one before found it, and a task of the workflow itself still open,
 * terminates the run with that cause instead of trying once more (DESIGN D8). A long node leaves no such task, so it is never
 * taken for this. Called before the host's worker takes anything.
 *
 * @returns true when the run was ended
 */
export async function endRunThatKillsHosts(handle: WorkflowHandle, runDir: string, events: number): Promise<boolean> {
  const path = join(runDir, 'host-starts.json');
  const counted = countStart(read(path), events);
  writeFileAtomic(path, JSON.stringify(counted));
  if (counted.starts < mostStarts || !(await handle.describe()).raw.pendingWorkflowTask) return false;
  await handle.terminate(
    `${watchdogPrefix}${counted.starts} hosts in a row ended while they ran the workflow script: it stops the process, for example in a regular expression that never ends`,
  );
  return true;
}

function read(path: string): HostStarts | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as HostStarts;
  } catch {
    return undefined;
  }
}
