import { describe, expect, it } from 'vitest';
import { fullWidth, narrowed, widened, type Width } from '../../src/policy/width.ts';

const now = 1_000_000;

describe('the width of a provider', () => {
  it('RATE-02 halves on a 429, once for all that ran together, down to one', () => {
    const first = narrowed(fullWidth, { startedMs: now - 10, nowMs: now, running: 20 });
    expect(first).toMatchObject({ width: 10, ceiling: 20, reducedMs: now });
    const together = narrowed(first, { startedMs: now - 10, nowMs: now + 5, running: 19 });
    expect(together.width).toBe(10);
    const later = narrowed(together, { startedMs: now + 6, nowMs: now + 50, running: 10 });
    expect(later).toMatchObject({ width: 5, ceiling: 20 });
    let width = later;
    for (let i = 1; i < 6; i++) width = narrowed(width, { startedMs: width.reducedMs, nowMs: width.reducedMs + 1, running: width.width! });
    expect(width.width).toBe(1);
  });

  it('RATE-02 nothing starts before the time that the provider asks for, at most five minutes', () => {
    const asked = narrowed(fullWidth, { startedMs: now, nowMs: now, running: 4, askedMs: 30_000 });
    expect(asked.notBeforeMs).toBe(now + 30_000);
    expect(narrowed(asked, { startedMs: now - 1, nowMs: now + 1, running: 4, askedMs: 10 }).notBeforeMs).toBe(now + 30_000);
    expect(narrowed(fullWidth, { startedMs: now, nowMs: now, running: 4, askedMs: 9_000_000 }).notBeforeMs).toBe(now + 300_000);
  });

  it('RATE-02 grows by one for each window of answers, until it is outgrown', () => {
    let width: Width = narrowed(fullWidth, { startedMs: now, nowMs: now, running: 8 });
    const seen: (number | undefined)[] = [];
    for (let answers = 0; width.width !== undefined && answers < 100; answers++) {
      width = widened(width);
      if (width.width !== seen.at(-1)) seen.push(width.width);
    }
    expect(seen).toEqual([4, 5, 6, 7, undefined]);
    expect(widened(width)).toBe(width);
  });

  it('RATE-02 a 429 in a window starts the window again', () => {
    const four = { ...fullWidth, width: 4, ceiling: 8, reducedMs: now, successes: 3 };
    expect(narrowed(four, { startedMs: now - 1, nowMs: now + 1, running: 4 })).toMatchObject({ width: 4, successes: 0 });
  });
});
