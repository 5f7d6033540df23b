import { isBlobReadable, isBlobTrouble } from '../blobs/blob-trouble.ts';
import { freeBytes, tellsDiskFull } from '../../system/disk-full.ts';
import { odwHome } from '../../system/paths.ts';
import { isNotFound } from '../run/not-found.ts';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';

/** Text before the cause in the reason of a run that odw had to end; projections show such a run as failed. */
export const watchdogPrefix = 'odw: ';

// WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
const unhandledFailure = 14;

/** Text before the cause in the reason of a run whose history does not fit this version's workflow code (DESIGN D3). */
export const unplayablePrefix = `${watchdogPrefix}this version cannot go on with the run, for its workflow code differs from what made the history: `;

/** Looks at the run for one look at the disk. */
const looksForRoom = 6;
/** Bytes with which the server's database can go on for a while. */
const leastRoom = 256 * 1024;

/** Whether a failure says that workflow code and history do not fit. */
export function isMismatch(message: string): boolean {
  return /TMPRL1100|nondeterminism|determinism violation|\[ODW-PLAY\]/i.test(message);
}

/** What the watchdog tells. */
export interface WatchedServer {
  lost: () => void;
  answered: () => void;
  /** A large value of the run's history cannot be read: the run is left open, for whoever brings the blob back. Told once. */
  unreadable?: (cause: string) => void;
  /** Large values, or the server's database, cannot be written, for the disk is full: the run goes on when there is room. Told once. */
  full?: (cause: string) => void;
  /** The server's database is on a disk of this machine: `full` is told when there is no room left on it. */
  ownDisk?: boolean;
  /** Told of every look at the run. */
  looked?: (description: WorkflowExecutionDescription) => Promise<void>;
}

export interface Watchdog {
  stop(): void;
}

/**
 * Ends a run whose script keeps the engine from making progress: a rejected promise that nobody awaits, or a stretch
 * that never yields, fails the workflow task again and again without an event in history (DESIGN D8). Looks at the
 * pending task's attempt number; at three, or at two when the cause is known not to go away, terminates with the cause.
 * A run whose history has a blob that cannot be read, or that waits for room on the disk, is no such run.
 * Also the first to notice that the server is away, and that it is back; and that there is no room for its database, of which it says nothing.
 */
export function watchRun(client: Client, workflowId: string, server: WatchedServer, intervalMs = 500): Watchdog {
  const handle = client.workflow.getHandle(workflowId);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let suspicion = 0;
  let tried: number | undefined;
  let told: string | undefined;
  let looks = 0;
  let crammed = false;
  let looking = false;
  const look = async () => {
    try {
      const description = await client.withDeadline(Date.now() + 5000, () => handle.describe());
      server.answered();
      if (description.status.name === 'RUNNING') await server.looked?.(description);
      const attempt = description.raw.pendingWorkflowTask?.attempt ?? 1;
      suspicion = description.status.name === 'RUNNING' && attempt >= 2 ? suspicion + 1 : 0;
      if (suspicion > 0) {
        const cause = await lastTaskFailure(client, description);
        if (cause !== undefined && isBlobTrouble(cause)) {
          tried ??= attempt;
          // What is told is the first failure, which may be mended by now; a further one shows that it is not all.
          if ((await isBlobReadable(cause)) && attempt < tried + 3) return;
          if (told !== cause) server.unreadable?.(cause);
          told = cause;
          return;
        }
        if (cause !== undefined && tellsDiskFull(cause)) {
          if (told !== cause) server.full?.(cause);
          told = cause;
          return;
        }
        const hopeless = cause !== undefined && suspicion >= 2 && isHopeless(cause);
        if (attempt >= 3 || hopeless)
          await handle.terminate(cause !== undefined && isMismatch(cause) ? `${unplayablePrefix}${cause}` : `${watchdogPrefix}${explain(cause)}`);
      }
    } catch (error) {
      // The run may close between the look and the termination.
      if (!stopped && !isNotFound(error)) server.lost();
    }
  };
  const lookForRoom = async () => {
    if (looking) return;
    looking = true;
    const home = odwHome();
    const free = (await freeBytes(home)) ?? leastRoom;
    if (free < leastRoom && !crammed) server.full?.(`${free} bytes are left where ${home} is, with the server's database and large values`);
    crammed = free < leastRoom;
    looking = false;
  };
  const round = async () => {
    if (server.ownDisk && looks++ % looksForRoom === 0) void lookForRoom(); // a disk that does not answer holds up nothing else
    await look();
    if (!stopped) timer = setTimeout(() => void round(), intervalMs);
  };
  timer = setTimeout(() => void round(), intervalMs);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function lastTaskFailure(client: Client, description: WorkflowExecutionDescription): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId: description.workflowId, runId: description.runId },
    maximumPageSize: 10,
  });
  const failed = history?.events?.find((event) => event.workflowTaskFailedEventAttributes);
  const attributes = failed?.workflowTaskFailedEventAttributes;
  return attributes?.cause === unhandledFailure ? (attributes.failure?.message ?? undefined) : (attributes?.failure?.message ?? undefined);
}

function isHopeless(cause: string): boolean {
  return isMismatch(cause) || /unhandled (promise )?rejection|script execution timed out/i.test(cause);
}

function explain(cause: string | undefined): string {
  if (cause === undefined) return 'the workflow script made no progress: its task failed three times in a row';
  if (/unhandled (promise )?rejection/i.test(cause))
    return `a promise was rejected and nobody awaited it: ${cause.replace(/^Unhandled Promise rejection:\s*(Error:\s*)?/i, '')}`;
  if (/script execution timed out/i.test(cause)) return `the workflow script ran too long without waiting for anything: ${cause}`;
  return `the workflow script made no progress: ${cause}`;
}
