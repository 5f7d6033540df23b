import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { buildRunFile, updateRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import { makeRunFolder } from '../../activities/journal/run-folder.ts';
import { clearRun } from '../../activities/run-node/clear-run.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { inputText } from '../../src/input-text.ts';
import { tryLock, type LockFile } from '../../system/lock-file.ts';
import type { Engine } from '../engine/index.ts';
import { closeGraceMs } from '../run/host.ts';
import { untilLeft } from '../run/leave.ts';
import { readRunInput } from '../run/history.ts';
import { RunKeeper, type KeptRun } from '../run/keeper.ts';
import { onceAMinute } from '../run/once-a-minute.ts';
import { openFields } from '../run/run-state.ts';
import type { Reviver } from '../run/reviver.ts';
import { isServed } from '../run/server-watch.ts';
import { waitForClose } from '../run/wait.ts';
import type { TasksInHand } from '../worker/in-hand.ts';
import { lostTasks, type LostTasks } from '../worker/lost-tasks.ts';
import { rescueRun } from '../worker/rescue.ts';
import { watchRun } from '../worker/watchdog.ts';
import { looksOpen } from './open-runs.ts';

export interface HostedRunOptions {
  engine: Engine;
  client: Client;
  dataConverter: DataConverter;
  server: Reviver;
  /** What the worker has in hand. */
  inHand: TasksInHand;
  /** The worker's life. */
  running: Promise<void>;
  leave: AbortSignal;
  /** Called with a line when a file of the run cannot be written. */
  onNotice: (line: string) => void;
  /** Called when this worker keeps the run's files, from the start or from a worker that is gone. */
  onTaken: (input: RunInput) => void;
  /** Called once all files of the run's end are written. */
  onEnded: (input: RunInput, end: KeptRun) => Promise<void>;
}

const lockEveryMs = 1000;
const watchEveryMs = 2000;

/**
 * One run of the shared queue in one worker. Several workers may run parts of the same run; the one that holds `host.lock` keeps its files,
 * the others remember the events that they see, and take over when the holder is gone.
 */
export class HostedRun {
  /** Nodes of the run that this worker is running. */
  inFlight = 0;
  /** The run's input; rejects when the workflow is not odw's. */
  readonly input: Promise<RunInput>;
  private readonly lost: LostTasks;
  private readonly seen: SinkRecord[] = [];
  private next = 1;
  private keeper: RunKeeper | undefined;
  private closed = false;

  constructor(
    readonly runId: string,
    private readonly options: HostedRunOptions,
  ) {
    this.lost = lostTasks(options.client, options.inHand, false);
    this.input = this.readInput();
    this.input.catch(() => {});
  }

  /** Takes an event. A replay brings all again from number 1; those after a gap, of which another worker ran the part, wait for it. */
  append(record: SinkRecord): void {
    if (record.seq !== 1 && record.seq !== this.next) return;
    this.next = record.seq + 1;
    if (this.keeper) return this.keeper.append(record);
    if (record.seq === 1) this.seen.length = 0;
    this.seen.push(record);
  }

  /** Whether the run has closed, asked of the server when this worker does not know yet. */
  async isClosed(): Promise<boolean> {
    if (this.closed) return true;
    const { client } = this.options;
    return client
      .withDeadline(Date.now() + 5000, () => client.workflow.getHandle(this.runId).describe())
      .then(
        ({ status }) => status.name !== 'RUNNING',
        () => false,
      );
  }

  /** Frees what dead workers of this machine hold of the run, and what was lost on its way to this one. */
  async rescue(): Promise<void> {
    if (this.closed) return;
    const { client } = this.options;
    if (this.keeper) await rescueRun(client, this.runId, 'living');
    await this.lost.look(await client.workflow.getHandle(this.runId).describe());
  }

  /** What the server had handed out may not have come. */
  serverWasAway(): void {
    this.lost.serverWasAway();
  }

  /** Keeps the run until it has closed or the worker leaves. After a failure it may be called again: the journal is then completed from history. */
  async host(): Promise<void> {
    const { client, running, leave, server, engine } = this.options;
    const input = await this.input;
    if (!existsSync(input.root)) throw new Error(`there is no folder ${input.root} on this machine`);
    const handle = client.workflow.getHandle(this.runId);
    const onLost = () => {
      this.serverWasAway();
      server.lost();
    };
    const closing = waitForClose({ handle, running, leave, isOurs: () => isServed(engine), onLost }).then((closed) => (this.closed = closed));
    closing.catch(() => {});
    const lock = await this.takeLock(input.runDir);
    if (!lock) return;
    try {
      // Another worker may have written the end while this one waited.
      const known = existsSync(join(input.runDir, 'run.json'));
      if (known && !looksOpen(input.runDir)) return;
      const temporalRunId = (await handle.describe()).runId;
      const keeper = this.openFiles(input, known, temporalRunId);
      if (known) await rescueRun(client, this.runId, 'shared');
      const unreadable = (cause: string) => this.options.onNotice(`run ${this.runId} cannot go on: ${cause}`);
      const full = onceAMinute((cause) => this.options.onNotice(`run ${this.runId} waits for room on the disk: ${cause}`));
      const watchdog = watchRun(client, this.runId, { ...server, unreadable, full, ownDisk: engine.managed }, watchEveryMs);
      const closed = await closing.finally(() => watchdog.stop());
      if (!closed) {
        await untilLeft(running, { isEmpty: () => this.inFlight <= 0 }, { nodesMs: closeGraceMs });
        return await keeper.leave();
      }
      for (const deadline = Date.now() + closeGraceMs; this.inFlight > 0 && Date.now() < deadline;) await sleep(50);
      // What a worker that is gone had started, and no other had taken over when the run closed.
      if (known) for (const line of await clearRun(input)) this.options.onNotice(line);
      await this.options.onEnded(input, await keeper.close(handle, this.options.dataConverter));
    } finally {
      if (this.keeper) this.forget();
      lock.release();
    }
  }

  private forget(): void {
    this.keeper?.stopBeating();
    this.keeper = undefined;
    this.next = 1;
  }

  private async readInput(): Promise<RunInput> {
    for (;;) {
      try {
        return await readRunInput(this.options.client, this.runId);
      } catch (error) {
        // gRPC UNAVAILABLE and DEADLINE_EXCEEDED: the server is away.
        if (this.options.leave.aborted || ![4, 14].includes(Number((error as { code?: unknown }).code))) throw error;
        this.options.server.lost();
        await sleep(lockEveryMs);
      }
    }
  }

  // The holder releases the lock when the run has closed, and may die at any time.
  private async takeLock(runDir: string): Promise<LockFile | undefined> {
    while (!this.options.leave.aborted) {
      const lock = tryLock(join(runDir, 'host.lock'));
      if ('release' in lock) return lock;
      await sleep(lockEveryMs);
    }
    return undefined;
  }

  private openFiles(input: RunInput, known: boolean, temporalRunId: string): RunKeeper {
    const { engine, onNotice, onTaken } = this.options;
    if (known) updateRunFile(input.runDir, { ...openFields(input.runDir), finished_ms: null });
    else {
      makeRunFolder({ root: input.root, runDir: input.runDir, inputRaw: inputText(input), source: input.script.source });
      const place = { workflowId: this.runId, temporalRunId, namespace: engine.namespace, address: engine.address, ui: engine.uiUrl };
      writeRunFile(buildRunFile(input, place));
    }
    this.keeper = new RunKeeper(input, { engine, onError: (error) => onNotice(error.message) });
    for (const record of this.seen.splice(0)) this.keeper.append(record);
    onTaken(input);
    return this.keeper;
  }
}
