import { at } from '../executor-report/json-object.ts';

/**
 * Until when a provider holds an executor back that waits for it by itself (RATE-02), in epoch milliseconds, from an event of that executor.
 * Vendors' tools try again before they report a 429; until then only this event tells of it. Undefined: the event is about something else.
 *
 * @param nowMs counts for an event without a time
 */
export function throttledUntil(event: unknown, nowMs: number): number | undefined {
  if (at(event, 'type') !== 'model.retrying') return undefined;
  const data = at(event, 'data');
  const isRate = at(data, 'error_status') === 429 || at(data, 'category') === 'rate_limit' || /last status: 429\b/.test(String(at(data, 'message')));
  if (!isRate) return undefined;
  return (numberOf(at(event, 'ts_ms')) ?? nowMs) + (numberOf(at(data, 'retry_delay_ms')) ?? numberOf(at(data, 'wait_ms')) ?? 0);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
