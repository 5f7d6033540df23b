import { describe, expect, it } from 'vitest';
import { mayStart, noSlots, queued, released, taken, type SlotEntry, type Slots } from '../../src/policy/slots.ts';

interface Work {
  run: string;
  nodes: number;
  priority?: number;
  /** Comes when so many were started before. */
  after?: number;
  /** Asks for its next node only when the one before has ended. */
  isSequential?: boolean;
}

/** Plays runs against a cap, one node ending at a time, oldest first; gives the runs in the order in which their nodes started. */
function play(width: number, works: Work[]): string[] {
  const caps = { concurrency: width };
  const order: string[] = [];
  const asked = new Map<string, number>();
  let slots: Slots = noSlots();
  for (let now = 1000; ; now++) {
    for (const { run, nodes, after = 0, isSequential, ...more } of works) {
      if (order.length < after) continue;
      const isBusy = () => [...slots.waiting, ...slots.holders].some((entry) => entry.run === run);
      while ((asked.get(run) ?? 0) < nodes && !(isSequential && isBusy())) {
        const number = (asked.get(run) ?? 0) + 1;
        asked.set(run, number);
        slots = queued(slots, { id: `${run}${number}`, run, account: 'a', sinceMs: now, ...more });
      }
    }
    const firsts = () => works.flatMap(({ run }) => slots.waiting.find((entry) => entry.run === run) ?? []);
    for (let next: SlotEntry | undefined; (next = firsts().find((entry) => mayStart(slots, entry, caps, now)));) {
      order.push(next.run);
      slots = taken(slots, next, caps, now);
    }
    const [oldest] = slots.holders;
    if (!oldest) return order;
    slots = released(slots, oldest.id, { kind: 'served' }, now);
  }
}

const count = (order: string[], run: string) => order.filter((one) => one === run).length;

describe('the share of runs in a provider', () => {
  it.each([1, 2, 4])('RATE-03 runs of equal priority alternate, %d at once', (width) => {
    const order = play(width, [
      { run: 'A', nodes: 40 },
      { run: 'B', nodes: 40 },
    ]);
    expect(order).toHaveLength(80);
    for (let start = 0; start + 8 <= 80; start += 8) expect(Math.abs(count(order.slice(start, start + 8), 'A') - 4)).toBeLessThanOrEqual(2);
  });

  it.each([1, 4])('RATE-03 a short run that comes late is not starved by a long one, %d at once', (width) => {
    const order = play(width, [
      { run: 'long', nodes: 200 },
      { run: 'short', nodes: 5, after: 20 },
    ]);
    // Half of what starts after it came.
    expect(order.lastIndexOf('short')).toBeLessThanOrEqual(20 + 2 * 5 + width);
  });

  it('RATE-03 a run that asks for one node at a time has every second turn', () => {
    const order = play(1, [
      { run: 'wide', nodes: 60 },
      { run: 'steps', nodes: 10, isSequential: true, after: 4 },
    ]);
    expect(order.lastIndexOf('steps')).toBeLessThanOrEqual(4 + 2 * 10 + 1);
  });

  it.each([1, 6])('RATE-03 each step of priority doubles the share, and the last starves no more than the first, %d at once', (width) => {
    const order = play(width, [
      { run: 'first', nodes: 200, priority: 1 },
      { run: 'usual', nodes: 200 },
      { run: 'last', nodes: 200, priority: 5 },
    ]);
    // 4, 1 and 1/4 of 5.25 shares.
    const early = order.slice(0, 210);
    for (const [run, share] of Object.entries({ first: 160, usual: 40, last: 10 })) expect(Math.abs(count(early, run) - share)).toBeLessThanOrEqual(2);
    expect(order).toHaveLength(600);
  });

  it('RATE-03 a run that comes back begins with the others: what it did not use is not made up for', () => {
    const order = play(1, [
      { run: 'A', nodes: 100 },
      { run: 'B', nodes: 1 },
      { run: 'B2', nodes: 20, after: 50 },
    ]);
    expect(count(order.slice(50, 70), 'B2')).toBeLessThanOrEqual(11);
  });
});
