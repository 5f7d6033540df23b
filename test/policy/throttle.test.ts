import { expect, it } from 'vitest';
import { throttledUntil } from '../../src/policy/throttle.ts';

const now = 1_800_000_000_000;
const retrying = (data: object) => ({ ts_ms: now - 500, type: 'model.retrying', data });

// As the events of each runtime tell them.
it.each([
  ['Claude Code, with its wait', { attempt: 1, max_retries: 2, retry_delay_ms: 73_228, error_status: 429, error: 'rate_limit' }, now - 500 + 73_228],
  ['bamboo, with its wait', { attempt: 1, wait_ms: 1500, category: 'rate_limit', message: 'slow down' }, now + 1000],
  ['Codex, which tells no wait', { message: 'Reconnecting... 1/1 (exceeded retry limit, last status: 429 Too Many Requests)' }, now - 500],
  ['a busy vendor', { attempt: 1, retry_delay_ms: 2000, error_status: 529, error: 'overloaded' }, undefined],
  ['a bad connection', { message: 'Reconnecting... 1/5 (stream disconnected before completion)' }, undefined],
  ['a text that names the number', { message: 'Reconnecting... 1/5 (read 429 bytes)' }, undefined],
])('RATE-02 an event of a retry tells how long the vendor keeps an executor waiting: %s', (_, data, untilMs) => {
  expect(throttledUntil(retrying(data), now)).toBe(untilMs);
});

it('RATE-02 other events, and waits that make no sense, say nothing', () => {
  expect(throttledUntil({ ...retrying({ error_status: 429 }), type: 'model.failed' }, now)).toBeUndefined();
  expect(throttledUntil({ type: 'model.retrying', data: { error_status: 429, retry_delay_ms: -5 } }, now)).toBe(now);
  for (const event of [null, 'x', {}, { type: 'model.retrying' }]) expect(throttledUntil(event, now)).toBeUndefined();
});
