import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import pkg from '../../package.json' with { type: 'json' };
import { resolveExecutor, type Executor } from '../../activities/executor/resolve-executor.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import { OdwError } from '../../src/errors/error.ts';
import type { Engine } from '../engine/index.ts';
import { closeGraceMs } from '../run/host.ts';
import { untilLeft } from '../run/leave.ts';
import { isNotFound } from '../run/not-found.ts';
import { reviveServer } from '../run/reviver.ts';
import { watchServer } from '../run/server-watch.ts';
import { engineLayout } from '../engine/layout.ts';
import { NodesInHand, tasksInHand } from '../worker/in-hand.ts';
import { asReplaced, isReplaced } from '../../system/replaced.ts';
import { createRunWorker } from '../worker/run-worker.ts';
import { HostedRun, type HostedRunOptions } from './hosted-run.ts';
import { openRuns, unfinishedFolders } from './open-runs.ts';
import { refuseOtherVersions } from './pollers.ts';
import { sharedQueue } from './queue.ts';

export interface ServeOptions extends Pick<HostedRunOptions, 'onTaken' | 'onEnded' | 'onNotice' | 'leave'> {
  engine: Engine;
  connection: NativeConnection;
  client: Client;
  dataConverter: DataConverter;
  /** Most nodes that run at once in this worker, over all runs. */
  slots: number;
  /** Called once the worker takes work. */
  onServing: () => void;
  env?: NodeJS.ProcessEnv;
}

/** Milliseconds between two looks for runs that nobody keeps, and for what dead workers hold. */
const sweepEveryMs = 5000;
/** Milliseconds between two tries to keep the files of a run. */
const retryEveryMs = 30_000;
/** Milliseconds that nodes get to end when the worker leaves. Those that go on are taken over by the next worker. */
const leaveGraceMs = 2000;

/**
 * Serves the shared queue until `leave` is aborted: runs what schedules start, several runs at once, and keeps their files (DESIGN D11).
 * What it leaves, or another worker of this machine left when it died, is taken up by the next one: runs, nodes and live executors.
 *
 * @throws OdwError `worker-version-differs` when a worker of another odw version serves the queue; `odw-replaced` when this one's files are gone;
 * ServerMoved when it must be served on another connection
 */
export async function serveRuns(options: ServeOptions): Promise<void> {
  const { client, engine, onNotice, env = process.env } = options;
  const unfit = new AbortController();
  const leave = AbortSignal.any([options.leave, unfit.signal]);
  const onReplaced = (error: unknown) => unfit.abort(asReplaced(error));
  await refuseOtherVersions(client, pkg.version);
  const runs = new Map<string, HostedRun>();
  const ended = new Set<string>();
  const hosting = new Set<Promise<void>>();
  const server = reviveServer(engine, onNotice, (error) => unfit.abort(error));
  const nodes = new NodesInHand();
  const inHand = tasksInHand(() => worker, nodes);

  const hosted = (runId: string): HostedRun => {
    const known = runs.get(runId);
    if (known) return known;
    const run = new HostedRun(runId, { ...options, leave, server, running, inHand });
    runs.set(runId, run);
    const life = hostWithRetries(run, { leave, onNotice, onReplaced }).then(() => {
      hosting.delete(life);
      runs.delete(runId);
      if (!leave.aborted) ended.add(runId);
    });
    hosting.add(life);
    return run;
  };

  const worker = await createRunWorker({
    connection: options.connection,
    namespace: engine.namespace,
    taskQueue: sharedQueue,
    dataConverter: options.dataConverter,
    executorOf: async (request) => executorOf(request, hosted(request.runId), env),
    isClosed: async (runId) => (ended.has(runId) ? true : hosted(runId).isClosed()),
    leaving: leave,
    slots: options.slots,
    alone: false,
    leaveGraceMs,
    version: pkg.version,
    // Events of a run that has ended here are those of a replay: another worker was asked to look at it.
    onEvent: (runId, record) => void (ended.has(runId) || hosted(runId).append(record)),
    onReplaced,
    onNode(runId, change, activityId) {
      nodes.count(runId, activityId, change);
      if (!ended.has(runId)) hosted(runId).inFlight += change;
    },
  });
  const running = worker.run();
  running.catch(() => {});
  options.onServing();
  const missed = (tell: () => void) => () => {
    for (const run of runs.values()) run.serverWasAway();
    tell();
  };
  const endWatch = engine.managed ? watchServer(engineLayout().record, { gone: missed(server.lost), replaced: missed(server.replaced) }) : () => {};

  const sweep = async () => {
    for (const runId of await openRuns(client)) if (!ended.has(runId)) hosted(runId);
    server.answered();
    await Promise.all([...runs.values()].map((run) => run.rescue().catch(unlessGone)));
  };
  const sweeping = (async () => {
    for (const runId of await unfinishedFolders(client).catch(() => [])) hosted(runId);
    while (!leave.aborted) {
      await sweep().catch(() => (leave.aborted ? undefined : server.lost()));
      await sleep(sweepEveryMs, undefined, { signal: leave }).catch(() => {});
    }
  })();

  // A look at a server that is gone takes long to fail.
  await Promise.race([sweeping, running, aborted(leave)]).finally(endWatch);
  if (worker.getState() === 'RUNNING') worker.shutdown();
  // Polls of a server that is at another place by now are never answered.
  await untilLeft(running, nodes, { nodesMs: closeGraceMs });
  await Promise.race([Promise.all(hosting), sleep(closeGraceMs)]);
  unfit.signal.throwIfAborted();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

// A run that the server has forgotten holds nothing.
function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

// A full disk or a project that is not there may be mended while the worker runs.
async function hostWithRetries(
  run: HostedRun,
  { leave, onNotice, onReplaced }: Pick<ServeOptions, 'leave' | 'onNotice'> & { onReplaced: (error: unknown) => void },
): Promise<void> {
  let told = '';
  while (!leave.aborted) {
    try {
      return await run.host();
    } catch (error) {
      if (isReplaced(error)) return onReplaced(error);
      const text = `run ${run.runId}: ${(error as Error).message}`;
      if (text !== told) onNotice(text);
      told = text;
    }
    await sleep(retryEveryMs, undefined, { signal: leave }).catch(() => {});
  }
}

// A folder that is missing here may exist on another machine: the node is tried again, there or here.
async function executorOf(request: NodeRequest, run: HostedRun, env: NodeJS.ProcessEnv): Promise<Executor> {
  if (!existsSync(request.root)) {
    throw new OdwError('worker-no-project', `there is no folder ${request.root} on this machine`, { fields: { root: request.root } });
  }
  const { executor } = await run.input;
  return resolveExecutor(env, { pandacodeBin: executor.pandacodeBin ?? undefined, codexctlBin: executor.codexctlBin ?? undefined });
}
