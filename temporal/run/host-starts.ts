import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { writeFileAtomic } from '../../system/files.ts';
import { isDeadLocalWorker } from '../worker/identity.ts';
import { takenTask } from '../worker/workflow-task.ts';
import { watchdogPrefix } from '../worker/watchdog.ts';

/** Hosts in a row that went down with a task of the workflow, how far the journal was then, and the attempt of that task. */
export interface HostDeaths {
  deaths: number;
  events: number;
  attempt: number;
}

/** What the next host finds. */
export interface FoundTask {
  /** Number of the last record in the journal. */
  events: number;
  /** Attempt of the workflow task that is open; 0 when none is. */
  attempt: number;
  /** Whether a worker that is dead had taken it. */
  taken: boolean;
}

const mostDeaths = 3;

/** Counts a host that went down with a task of the workflow. Progress since the last one starts the count anew; a host that died of anything else is not counted. */
export function countDeath(before: HostDeaths | undefined, { events, attempt, taken }: FoundTask): HostDeaths {
  const earlier = before?.events === events ? before : { deaths: 0, attempt: 1 };
  // A task that reached its time limit is tried again under a higher number.
  const died = taken || attempt > Math.max(1, earlier.attempt);
  return { deaths: earlier.deaths + (died ? 1 : 0), events, attempt };
}

/**
 * Ends a run whose script takes its hosts down with it (a stretch of native code that no loop guard sees can abort the process): once
 * three in a row went down with a task of the workflow in hand, and none got the journal further, the next host terminates the run with that cause instead
 * of trying once more (DESIGN D8). A host that was killed while the workflow waited, for a long node for example, is never taken for that.
 * Called before the host's worker takes anything.
 *
 * @returns true when the run was ended
 */
export async function endRunThatKillsHosts(client: Client, workflowId: string, runDir: string, events: number): Promise<boolean> {
  const path = join(runDir, 'host-starts.json');
  const handle = client.workflow.getHandle(workflowId);
  const description = await handle.describe();
  const taken = (await takenTask(client, description, (identity) => identity === undefined || isDeadLocalWorker(identity))) !== undefined;
  const counted = countDeath(read(path), { events, attempt: description.raw.pendingWorkflowTask?.attempt ?? 0, taken });
  writeFileAtomic(path, JSON.stringify(counted));
  if (counted.deaths < mostDeaths || !description.raw.pendingWorkflowTask) return false;
  await handle.terminate(
    `${watchdogPrefix}${counted.deaths} hosts in a row ended while they ran the workflow script: it stops the process, for example in a regular expression that never ends`,
  );
  return true;
}

function read(path: string): HostDeaths | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as HostDeaths;
  } catch {
    return undefined;
  }
}
