import { proxySinks, type Sinks } from '@temporalio/workflow';
import type { Json } from '../schemas/json.ts';
import type { SinkRecord } from '../schemas/journal.ts';

export interface JournalSinks extends Sinks {
  journal: { emit(record: SinkRecord): void };
}

type Fields = Record<string, unknown>;

/** Numbers the run's events and hands them to the host (DESIGN D6). Replay makes the same records again, number by number. */
export class Journal {
  private seq = 0;
  private readonly sink = proxySinks<JournalSinks>().journal;

  /**
   * @param state facts that state.json needs and the event does not show
   */
  emit(type: string, fields: Fields = {}, state?: Fields): void {
    this.write(type, fields, state, 'stdout');
  }

  /** Events so far. */
  get count(): number {
    return this.seq;
  }

  /** Text that the script wrote to stderr. */
  stderr(message: string): void {
    this.write('stderr', { message }, undefined, 'stderr');
  }

  private write(type: string, fields: Fields, state: Fields | undefined, stream: 'stdout' | 'stderr'): void {
    const now = Date.now();
    const record = { seq: ++this.seq, ts_ms: now, event: { type, ts: new Date(now).toISOString(), ...fields }, ...(state ? { state } : {}), stream };
    // Sinks take their arguments by reference and only at the end of the activation: send a JSON copy.
    this.sink.emit(JSON.parse(JSON.stringify(record)) as SinkRecord);
  }
}

/** A deep copy by JSON: no two callers share an object, and nothing of the host reaches a script (AGENT-20). */
export function copyJson<T extends Json>(value: T): T {
  return (value === undefined ? null : JSON.parse(JSON.stringify(value))) as T;
}
