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
    // A result may be a long text: it cannot be changed, and is put into the copy as it is.
    const text = typeof fields['result'] === 'string' ? { result: fields['result'] } : undefined;
    const event = { type, ts: new Date(now).toISOString(), ...fields, ...(text ? { result: '' } : {}) };
    const record = { seq: ++this.seq, ts_ms: now, event, ...(state ? { state } : {}), stream };
    // Sinks take their arguments by reference and only at the end of the activation: send a JSON copy.
    const copy = JSON.parse(JSON.stringify(record)) as SinkRecord;
    if (text) Object.assign(copy.event, text);
    this.sink.emit(copy);
  }
}

/** A deep copy by JSON: no two callers share an object, and nothing of the host reaches a script (AGENT-20). Text cannot be changed, and is shared. */
export function copyJson<T extends Json>(value: T): T {
  if (typeof value === 'string') return value;
  return (value === undefined ? null : JSON.parse(JSON.stringify(value))) as T;
}
