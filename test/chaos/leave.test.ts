import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { untilLeft } from '../../temporal/run/leave.ts';

const never = new Promise<void>(() => {});

/** Nodes that are in hand for so many looks. */
function busyFor(looks: number) {
  let seen = 0;
  return { isEmpty: () => ++seen > looks, looks: () => seen };
}
const settled = async (promise: Promise<void>) => Promise.race([promise.then(() => true), sleep(0).then(() => false)]);

describe('the wait of a host that leaves', () => {
  it('ends with its worker, and with the failure of its worker', async () => {
    const times = { nodesMs: 600_000, tellMs: 600_000 };
    await untilLeft(Promise.resolve(), busyFor(Infinity), times);
    await untilLeft(Promise.reject(new Error('the server is gone')), busyFor(Infinity), times);
  });

  it('goes on while nodes end, and gives the worker its time to tell the server of them from then on, not more', async () => {
    const nodes = busyFor(8);
    const began = Date.now();
    await untilLeft(never, nodes, { nodesMs: 600_000, tellMs: 100 });
    expect(nodes.looks()).toBeGreaterThan(8);
    expect(Date.now() - began).toBeGreaterThanOrEqual(8 * 45 + 90);
  });

  it('lasts no longer than nodes may take', async () => {
    const nodes = busyFor(Infinity);
    const left = untilLeft(never, nodes, { nodesMs: 200, tellMs: 600_000 });
    expect(await settled(left)).toBe(false);
    await left;
    expect(nodes.looks()).toBeGreaterThan(1);
  });
});
