import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { JournalWriterOptions } from '../../activities/journal/writer.ts';
import type { Executor } from '../../activities/executor/resolve-executor.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { OdwError } from '../../src/errors/error.ts';
import type { Engine } from '../engine/index.ts';
import { NodesInHand, tasksInHand } from '../worker/in-hand.ts';
import { lostTasks } from '../worker/lost-tasks.ts';
import { rescueRun } from '../worker/rescue.ts';
import { createRunWorker, leaveGraceMs, runQueue } from '../worker/run-worker.ts';
import { watchRun } from '../worker/watchdog.ts';
import { RunKeeper, type KeptRun } from './keeper.ts';
import { endRunThatKillsHosts } from './host-starts.ts';
import { overLoss } from './over-loss.ts';
import { reviveServer } from './reviver.ts';
import { isServed, watchServer } from './server-watch.ts';
import { ServerMoved } from './server-moved.ts';
import { engineLayout } from '../engine/layout.ts';
import { leaveRun, untilLeft } from './leave.ts';
import { onceAMinute } from './once-a-minute.ts';
import { startRun } from './start.ts';
import { waitForClose } from './wait.ts';
import { asReplaced, isReplaced } from '../../system/replaced.ts';
import { debugPoint } from '../../system/debug-point.ts';

export interface HostOptions extends Pick<JournalWriterOptions, 'onLine' | 'onError'> {
  engine: Engine;
  connection: NativeConnection;
  /** Loads the client; called once the worker is on its way. */
  client: () => Promise<Client>;
  dataConverter: DataConverter;
  executor: Executor;
  input: RunInput;
  /** `start` begins a new run; `attach` takes up one that is open and that nobody hosts. */
  mode: 'start' | 'attach';
  /** Called once the server has the run. */
  onStarted?: (handle: WorkflowHandle) => void;
  /** Called once the run has closed; what is left is to write its files. */
  onClosed?: () => void;
  /** Called with a line when the server is lost or back. */
  onNotice?: (line: string) => void;
  /** Aborted when the host is to leave: the run stays open, executors live on (CLI-04). */
  leave?: AbortSignal;
}

/** Milliseconds that nodes get when their run has closed. Longer than a heartbeat, an executor's end and the capture of its work. */
export const closeGraceMs = 15_000;

/** How hosting ended: the run closed, or this host left it open. */
export type HostEnd = ({ closed: true } & KeptRun) | { closed: false };

/**
 * Hosts one run in this process until it closes: worker, watchdog, and the files of the run (DESIGN D11).
 *
 * @throws ServerMoved when the run must be taken up on another connection; OdwError `odw-replaced`, `blob-missing`, `blob-damaged`: the run stays open
 */
export async function hostRun(options: HostOptions): Promise<HostEnd> {
  const { input, engine } = options;
  const keeper = new RunKeeper(input, options);
  let closedSeen = false;
  const tellFull = onceAMinute((cause) => options.onNotice?.(`the disk is full; the run goes on when there is room: ${cause}`));
  const nodes = new NodesInHand();
  const unfit = new AbortController();
  const creating = createRunWorker({
    connection: options.connection,
    namespace: engine.namespace,
    taskQueue: runQueue(input.runId),
    dataConverter: options.dataConverter,
    executorOf: () => options.executor,
    isClosed: () => closedSeen,
    leaving: options.leave,
    onNode: (workflowId, change, activityId) => nodes.count(workflowId, activityId, change),
    onReplaced: (error) => unfit.abort(asReplaced(error)),
    onDiskFull: ({ label }, error) => tellFull(`node ${label}: ${(error as Error).message}`),
    // Nodes wait inside the run already. Some slots more keep a narrow run from waiting for its own cancelled ones, and the next nodes' preparations for those that run.
    slots: input.options.concurrency + 4,
    alone: true,
    leaveGraceMs,
    onEvent: (_workflowId, record) => keeper.append(record),
  });
  creating.catch(() => {});
  const client = await options.client();
  const handle = options.mode === 'start' ? await startRun(client, input, engine.searchAttributes) : await attach(client, input, keeper.lastSeq);
  debugPoint('after-run-start');
  options.onStarted?.(handle);
  // The worker's thread takes a while to load: time to load here what the run's first node and its end will need.
  preload(input);
  const worker = await creating;
  const running = worker.run();
  running.catch(() => {});
  const leaving = AbortSignal.any([unfit.signal, ...(options.leave ? [options.leave] : [])]);
  // Ctrl-C in a terminal reaches the programs that start a server as well: what becomes of that is nothing to tell any more.
  const tellOfServer = (line: string) => void (leaving.aborted || options.onNotice?.(line));
  const server = reviveServer(engine, tellOfServer, (error) => unfit.abort(error));
  const tasks = lostTasks(
    client,
    tasksInHand(() => worker, nodes),
    true,
  );
  const lost = () => {
    tasks.serverWasAway();
    server.lost();
  };
  const replaced = () => {
    tasks.serverWasAway();
    server.replaced();
  };
  const endWatch = engine.managed ? watchServer(engineLayout().record, { gone: lost, replaced }) : () => {};
  const watchdog = watchRun(client, input.runId, {
    ...{ lost, answered: server.answered, looked: tasks.look },
    ...{ unreadable: (cause) => unfit.abort(blobTrouble(cause, input.runId)), full: tellFull, ownDisk: engine.managed },
  });
  try {
    closedSeen = await waitForClose({ handle, running, leave: leaving, isOurs: () => isServed(engine), onLost: lost });
  } finally {
    watchdog.stop();
    endWatch();
    if (worker.getState() === 'RUNNING') worker.shutdown();
  }
  if (!closedSeen) {
    const cause: unknown = unfit.signal.reason;
    // Executors outlive a host whose odw is gone, and one that must connect anew: the next one takes them over.
    if (cause instanceof ServerMoved) await untilLeft(running, nodes, { nodesMs: closeGraceMs });
    else if (!isReplaced(cause)) await leaveRun(input.runDir, running, nodes, { nodesMs: closeGraceMs });
    await keeper.leave();
    unfit.signal.throwIfAborted();
    return { closed: false };
  }
  options.onClosed?.();
  // A run that closes while nodes are in flight (a script that did not wait for them) leaves nothing running.
  if (worker.getStatus().numInFlightActivities > 0) await Promise.race([running.catch(() => {}), sleep(closeGraceMs)]);
  debugPoint('after-run-close');
  return { closed: true, ...(await overLoss(() => keeper.close(handle, options.dataConverter), server.lost)) };
}

function blobTrouble(cause: string, runId: string): OdwError {
  const slug = cause.includes('is damaged') ? 'blob-damaged' : 'blob-missing';
  const next = `Bring the blob back and resume. Without it: odw stop ${runId}, then resume, which takes the results over that are left.`;
  return new OdwError(slug, `the run cannot go on: ${cause}`, { next });
}

function preload(input: RunInput): void {
  const modules = [
    import('@temporalio/common/lib/proto-utils.js'),
    input.options.backend === 'mock' ? import('../../activities/run-node/run-mock.ts') : import('../../activities/run-node/run-process.ts'),
  ];
  for (const module of modules) module.catch(() => {});
}

async function attach(client: Client, { runId, runDir }: RunInput, events: number): Promise<WorkflowHandle> {
  const handle = client.workflow.getHandle(runId);
  if (!(await endRunThatKillsHosts(client, runId, runDir, events))) await rescueRun(client, runId, 'alone');
  debugPoint('after-rescue');
  return handle;
}
