import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { updateRunFile } from '../../activities/journal/run-file.ts';
import { JournalWriter, writeFailed, type JournalWriterOptions } from '../../activities/journal/writer.ts';
import { removeTreesFolder } from '../../activities/worktree/trees-folder.ts';
import type { Json } from '../../schemas/json.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import type { Census } from '../../src/journal/census.ts';
import { startBeatFile } from '../../system/beat-file.ts';
import { untilRoom } from '../../system/disk-full.ts';
import { BlobReferences, serverName } from '../blobs/references.ts';
import { openBlobStore } from '../blobs/blob-store.ts';
import type { Engine } from '../engine/index.ts';
import { closingRecord, isLastEvent, readClosing, type RunClosing } from './closing.ts';
import { exportHistory } from './history.ts';
import { endState } from '../../src/journal/end-state.ts';
import { liveFields } from './run-state.ts';
import { debugPoint } from '../../system/debug-point.ts';

/** A run that has ended, as its files tell it. */
export interface KeptRun {
  closing: RunClosing;
  result: Json | undefined;
  census: Census;
}

/** Keeps the files of one run for whoever hosts it: journal and state while it runs, exported history and run.json at its end. One for each run folder. */
export class RunKeeper {
  private readonly journal: JournalWriter;
  /** Ends the sign of life. A host that fails does it too; the end of the run and leaving do it by themselves. */
  readonly stopBeating: () => void;
  private seen = false;
  /** Whether a node waited for its provider, and may have left a worktree with its work in it. */
  private waited = false;
  private ended = false;

  /** Opens the journal. Throws as {@link JournalWriter.open}. */
  constructor(
    private readonly input: RunInput,
    private readonly options: JournalWriterOptions & { engine: Engine },
  ) {
    this.journal = JournalWriter.open(input, options);
    this.stopBeating = startBeatFile(join(input.runDir, 'host.beat'));
    ownBlobs(input, options.engine);
  }

  /** Number of the last record in the journal. */
  get lastSeq(): number {
    return this.journal.lastSeq;
  }

  /** Takes an event of the run, also those of a replay. */
  append(record: SinkRecord): void {
    debugPoint('on-event');
    this.seen = true;
    this.ended ||= isLastEvent(record.event);
    this.waited ||= record.event.type === 'agent_wait';
    this.journal.append(record);
    if (record.event.type === 'run_state') this.tellState(record.event);
  }

  // Nodes that wait for their provider keep their worktrees; when the run ends before they go on, or they were stopped, the work in them becomes patches (WT-11).
  private async clearWaiting(): Promise<void> {
    const { clearRun } = await import('../../activities/run-node/clear-run.ts');
    await clearRun(this.input);
  }

  // A replay tells of earlier states too, and ends with the last one.
  private tellState(event: SinkRecord['event']): void {
    try {
      updateRunFile(this.input.runDir, liveFields(event));
    } catch {
      // The journal and state.json tell it as well, and the end of the run writes the file again.
    }
  }

  /**
   * Writes the end of a run that has closed: history.json, the rest of the journal, state.json, run.json. Events that did not come here,
   * because the run closed without a host or another worker ran a part of it, are made again from history.
   *
   * @throws OdwError `journal-write-failed`
   */
  async close(handle: WorkflowHandle, dataConverter: DataConverter): Promise<KeptRun> {
    const { runId, runDir } = this.input;
    const history = await this.written('history.json', () => exportHistory(handle, runDir));
    debugPoint('after-history');
    const closing = readClosing(history);
    if (!closing) throw new Error(`run ${runId} was reported as closed, but its history is open`);
    if (await this.isFolderLost()) return this.remake(history, closing, dataConverter);
    const unplayed = this.seen && !this.ended && wasTerminated(history);
    if (!unplayed && !this.ended) {
      const { replayRecords } = await import('./rebuild.ts');
      for (const record of await replayRecords(history, runId, dataConverter)) this.append(record);
    }
    const record = closingRecord(closing, this.journal.lastSeq, this.ended, this.journal.state);
    if (record) this.journal.append(record);
    const waiting = this.waited || Object.values(this.journal.state.activeAgents).some(({ state }) => state === 'waiting');
    await this.written('events.jsonl', () => this.journal.finish({ status: closing.status, code: closing.code, ts_ms: closing.closedMs }));
    debugPoint('after-exit-record');
    if (waiting) await this.clearWaiting();
    await removeTreesFolder(this.input.options.worktreeRoot, runId);
    const { census } = this.journal;
    const state = endState(closing.status, Object.keys(this.journal.state.failedAgents).length);
    const fields = {
      status: closing.status,
      state,
      parked: null,
      finished_ms: closing.closedMs,
      census,
      // What was seen of a run that was terminated may be a part: a replay that did not come to its end, what another worker did not play.
      ...(unplayed ? {} : { state_sha256: this.journal.stateSha256 }),
      ...(closing.error ? { error: closing.error } : {}),
    };
    await this.written('run.json', () => updateRunFile(runDir, fields));
    debugPoint('after-run-file-end');
    this.stopBeating();
    return { closing, result: this.journal.state.result, census };
  }

  // The run has ended and is paid for: a disk that is full now is waited for.
  private written<T>(name: string, act: () => T | Promise<T>): Promise<T> {
    return untilRoom(act, (error) => this.options.onError?.(writeFailed(join(this.input.runDir, name), error)));
  }

  // Somebody deleted the folder, or its journal, under this host, and may have put another in its place; what was written since went nowhere.
  private async isFolderLost(): Promise<boolean> {
    return !existsSync(join(this.input.runDir, 'run.json')) || !(await this.journal.isInPlace());
  }

  private async remake(history: History, closing: RunClosing, dataConverter: DataConverter): Promise<KeptRun> {
    const { runId, runDir } = this.input;
    await this.journal.close().catch(() => undefined);
    this.stopBeating();
    const { remakeFolder } = await import('./remake-folder.ts');
    const { result, census } = await this.written('run.json', () => remakeFolder(history, runId, runDir, this.options.engine, dataConverter));
    return { closing, result, census };
  }

  /** Writes what is pending and leaves the run open for its next host. */
  async leave(): Promise<void> {
    const isLost = await this.isFolderLost();
    await this.journal.close(true);
    this.stopBeating();
    // A folder that was deleted comes back with the run's end, or with odw runs rebuild.
    if (!isLost) updateRunFile(this.input.runDir, { status: 'interrupted', state: 'interrupted' });
  }
}

// Without it the run's blobs are kept for ever, which harms nobody.
function ownBlobs({ runId, root, runDir }: RunInput, engine: Engine): void {
  try {
    new BlobReferences(openBlobStore().folder).own({ runId, root, runDir, server: serverName(engine) });
  } catch {
    // A full disk, for example: the next host tries again.
  }
}

// A script that was ended because it hung would hang the replay too.
function wasTerminated(history: History): boolean {
  return Boolean(history.events?.at(-1)?.workflowExecutionTerminatedEventAttributes);
}
