import type { Json } from '../../schemas/json.ts';
import type { InnerEvent, JournalRecord } from '../../schemas/journal.ts';

/** An inner event with the time of its record. */
export interface TimedEvent {
  event: InnerEvent;
  ms: number;
}

/** The inner events of a journal, in order. */
export function* innerEvents(events: JournalRecord[]): Generator<TimedEvent> {
  for (const record of events) if (record.type === 'script_stream' && typeof record.raw === 'object') yield { event: record.raw, ms: record.ts_ms };
}

export type JsonObject = { [key: string]: Json };

/** The value as an object, or an empty one. */
export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

export function stringOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
