import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InnerEvent, JournalRecord, SinkRecord } from '../../schemas/journal.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import type { RunState } from '../../schemas/state.ts';
import { OdwError } from '../../src/errors/error.ts';
import { NodeCensus, type Census } from '../../src/journal/census.ts';
import { jsonText } from '../../src/journal/json-text.ts';
import { eventLines, eventSummary, stderrLine } from '../../src/journal/lines.ts';
import { applyEnd, applyRecord, emptyState } from '../../src/journal/state.ts';
import { wellFormed } from '../../src/text.ts';
import { AppendFile } from './append-file.ts';
import { repairJournalEnd } from './journal-end.ts';
import { debugBytes, indexJournal, lineHash, type IndexedRecord } from './journal-index.ts';
import { StateFile } from './state-file.ts';

export interface JournalWriterOptions {
  /** Called with each line that a person should read, without line end, in order. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Also call `onLine` for events that were in the file already. Default false. */
  printAll?: boolean;
  /** Called when a file of the run folder cannot be written, once per file until a write of it goes well again. Writing is tried again by itself. */
  onError?: (error: OdwError) => void;
}

export interface RunExit {
  status: 'completed' | 'failed' | 'cancelled';
  /** Exit code of `odw exec`. */
  code: number;
  ts_ms: number;
}

const RETRY_MS = 2000;

/**
 * The one writer of a run folder's projections: events.jsonl, state.json and script-debug.log (PROC-04 to PROC-06).
 *
 * A host that takes over gets every event again from number 1, and so does one whose last workflow task was lost with the
 * server: all of them are reduced to the state anew, and those beyond the last number in the file are written. When a task that
 * was lost is done again, results may come in another order; then the file is cut back to where it differs, for history counts.
 * Nothing here blocks or fails the workflow: a full disk is told to `onError`,
 * lines wait in memory, and `finish` rejects when they cannot be written even then.
 */
export class JournalWriter {
  private readonly journal: AppendFile;
  private readonly debug: AppendFile;
  private readonly stateFile: StateFile;
  private retryTimer: NodeJS.Timeout | undefined;
  private readonly troubled = new Set<string>();
  private readonly index: IndexedRecord[];
  private nodes = new NodeCensus();
  private current: RunState;
  private reduced = 0;
  private mostReduced = 0;
  private printed = 0;
  private debugEnd: number;
  private eventsEnd: number;
  private ended: boolean;

  /**
   * Opens the run folder for writing, creates it when missing, cuts off a torn last line and writes the launch record of a new journal.
   *
   * @throws OdwError `journal-unreadable` when the journal is another tool's; a system error when the folder cannot be made
   */
  static open(input: RunInput, options: JournalWriterOptions = {}): JournalWriter {
    mkdirSync(input.runDir, { recursive: true });
    return new JournalWriter(input, options);
  }

  private constructor(
    private readonly input: RunInput,
    private readonly options: JournalWriterOptions,
  ) {
    const eventsPath = join(input.runDir, 'events.jsonl');
    const debugPath = join(input.runDir, 'script-debug.log');
    const end = repairJournalEnd(eventsPath);
    this.index = indexJournal(eventsPath);
    this.ended = end.ended;
    this.current = emptyState(input);
    this.debugEnd = statSync(debugPath, { throwIfNoEntry: false })?.size ?? 0;
    this.eventsEnd = end.bytes;
    this.journal = new AppendFile(eventsPath, end.bytes, (error) => this.note(eventsPath, error));
    this.debug = new AppendFile(debugPath, this.debugEnd, (error) => this.note(debugPath, error));
    this.stateFile = new StateFile(
      join(input.runDir, 'state.json'),
      () => this.current,
      (error) => this.note(join(input.runDir, 'state.json'), error),
    );
    // A host that died before the server had the run may have been given other options; the run that the server has counts.
    const launch = launchRecord(input);
    if (this.lastSeq === 0 && this.index[0]?.hash !== lineHash(jsonText(launch))) this.cutBack(0, this.index[0]!);
    if (this.lastSeq < 0) this.write(launch);
  }

  /** Number of the last record in the journal, those on their way to the disk included. */
  get lastSeq(): number {
    return this.index.length - 1;
  }

  /** The run as the events so far tell it. */
  get state(): RunState {
    return this.current;
  }

  /** How the nodes ended so far (RUN-03); after `finish`, all of them. */
  get census(): Census {
    return this.nodes.counts();
  }

  /** SHA-256 of state.json; undefined before `finish`. */
  get stateSha256(): string | undefined {
    return this.stateFile.sha256;
  }

  /** How often state.json was written. */
  get stateWrites(): number {
    return this.stateFile.writes;
  }

  /** Takes one event of the workflow. Number 1 again means that the workflow is played from its beginning once more. */
  append(record: SinkRecord): void {
    if (record.seq === 1 && this.reduced > 0) this.startOver();
    if (record.seq <= this.reduced) return;
    this.reduced = record.seq;
    applyRecord(this.current, record);
    this.nodes.record(record.event);
    if (this.reduced >= this.mostReduced) this.stateFile.touch();
    this.mostReduced = Math.max(this.mostReduced, this.reduced);
    const text = record.stream === 'stderr' ? stderrText(record.event) : undefined;
    const isNew = !this.ended && this.keep(record, text);
    const isFirst = record.seq > this.printed;
    this.printed = Math.max(this.printed, record.seq);
    if (this.options.onLine && (isNew || (isFirst && this.options.printAll))) {
      for (const line of text === undefined ? eventLines(record.event) : [stderrLine(text)]) this.options.onLine(line, record.stream);
    }
  }

  private startOver(): void {
    this.current = emptyState(this.input);
    this.nodes = new NodeCensus();
    this.reduced = 0;
  }

  /** Writes a record unless it stands in the file already. */
  private keep(record: SinkRecord, text: string | undefined): boolean {
    const { seq, ts_ms, stream, event } = record;
    const summary = text === undefined ? eventSummary(event) : stderrLine(text);
    const known = this.index[seq];
    const entry: JournalRecord = { type: 'script_stream', seq, ts_ms, stream, summary, raw: text ?? event };
    if (known?.hash === lineHash(jsonText(entry))) return false;
    if (known) this.cutBack(seq, known);
    this.write(entry);
    return true;
  }

  private cutBack(seq: number, { offset, debugOffset }: IndexedRecord): void {
    this.journal.cutTo(offset);
    this.debug.cutTo(debugOffset);
    this.index.length = seq;
    this.eventsEnd = offset;
    this.debugEnd = debugOffset;
    this.mostReduced = seq;
  }

  /** Whether events.jsonl is still the file that was written here (see {@link AppendFile.isInPlace}). */
  isInPlace(): Promise<boolean> {
    return this.journal.isInPlace();
  }

  /** Resolves when every event appended so far is in the journal. Rejects with OdwError `journal-write-failed`. */
  async flush(): Promise<void> {
    for (const file of [this.journal, this.debug]) await file.flush().catch((error: unknown) => Promise.reject(writeFailed(file.path, error)));
  }

  /**
   * Writes the exit record (once in a run's life) and the final state, and flushes both to disk (PROC-05).
   * Rejects with OdwError `journal-write-failed`; may be called again then.
   */
  async finish(exit: RunExit): Promise<void> {
    if (!this.ended) {
      this.write({ type: 'exit', seq: this.lastSeq + 1, ts_ms: exit.ts_ms, status: exit.status, code: exit.code });
      this.ended = true;
    }
    this.nodes.cutShort(Object.keys(this.current.activeAgents));
    applyEnd(this.current, exit.status, exit.ts_ms);
    await this.close(true);
  }

  /** Writes what is pending and the state, without an exit record: the run stays open, another host goes on. Rejects like `finish`. */
  async close(sync = false): Promise<void> {
    for (const file of [this.journal, this.debug]) {
      await file.flush(sync).catch((error: unknown) => Promise.reject(writeFailed(file.path, error)));
    }
    try {
      this.stateFile.writeFinal();
    } catch (error) {
      throw writeFailed(this.stateFile.path, error);
    }
    clearTimeout(this.retryTimer);
    await this.journal.close();
    await this.debug.close();
  }

  private write(record: JournalRecord): void {
    const line = jsonText(record);
    this.index[record.seq] = { offset: this.eventsEnd, debugOffset: this.debugEnd, hash: lineHash(line) };
    this.eventsEnd += Buffer.byteLength(line) + 1;
    this.journal.add(`${line}\n`);
    if (debugBytes(record) === 0) return;
    this.debugEnd += debugBytes(record);
    this.debug.add(`${String((record as { raw: unknown }).raw)}\n`);
  }

  // `error` undefined: a write of this file went well.
  private note(path: string, error: unknown): void {
    if (error === undefined) {
      this.troubled.delete(path);
      return;
    }
    if (!this.troubled.has(path)) this.options.onError?.(writeFailed(path, error));
    this.troubled.add(path);
    this.retryTimer ??= setTimeout(() => {
      this.retryTimer = undefined;
      this.journal.retry();
      this.debug.retry();
    }, RETRY_MS).unref();
  }
}

function launchRecord(input: RunInput): JournalRecord {
  return {
    type: 'launch',
    seq: 0,
    ts_ms: input.startedMs,
    run_id: input.runId,
    action: 'exec',
    script: input.script.path,
    backend: input.options.backend,
    runner: 'temporal',
    state_path: join(input.runDir, 'state.json'),
    resume_from: input.resumeFrom === '' ? null : input.resumeFrom,
    resume_state_path: input.resumedFrom === null ? null : join(input.root, '.odw', 'runs', input.resumedFrom, 'state.json'),
    command: input.command,
    shell: input.shell,
  };
}

function stderrText(event: InnerEvent): string {
  return wellFormed(typeof event['message'] === 'string' ? event['message'] : jsonText(event));
}

/** What is told of a file of the run folder that could not be written. */
export function writeFailed(path: string, error: unknown): OdwError {
  const reason = error instanceof Error ? error.message : String(error);
  return new OdwError('journal-write-failed', `cannot write ${path}: ${reason}`, { fields: { path }, cause: error });
}
