import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { awaitPrefix as AwaitPrefix } from '../../activities/run-node/prefix-stagger.ts';
import type { NodeRequest } from '../../schemas/node.ts';

type Awaits = typeof AwaitPrefix;

let awaitPrefix: Awaits;
beforeEach(async () => {
  // What it keeps in memory is that of one process.
  vi.resetModules();
  ({ awaitPrefix } = await import('../../activities/run-node/prefix-stagger.ts'));
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const base = { backend: 'pandacode', service: 'claude', runtime: 'claude', effort: 'low', root: '/p' } as NodeRequest;
const withEvents = { features: new Set(['--events-file'] as const) } as Parameters<Awaits>[1];

/** A node that asks for its turn: since when it may start, in milliseconds from now. */
function node(more: Partial<NodeRequest> = {}, executor = withEvents, signal = new AbortController().signal) {
  const asked = Date.now();
  const state: { startedMs?: number; turn?: Awaited<ReturnType<Awaits>> } = {};
  void awaitPrefix({ ...base, ...more }, executor, signal).then((turn) => Object.assign(state, { turn, startedMs: Date.now() - asked }));
  return state;
}

describe('nodes that begin alike', () => {
  it('RATE-04 the rest waits for the first output of the first', async () => {
    const [first, second, third] = [node(), node(), node()];
    await vi.advanceTimersByTimeAsync(2000);
    expect([first.startedMs, second.startedMs, third.startedMs]).toEqual([0, undefined, undefined]);
    first.turn?.output();
    await vi.advanceTimersByTimeAsync(0);
    expect([second.startedMs, third.startedMs]).toEqual([2000, 2000]);
    // The prefix is known: who comes later starts at once.
    const late = node();
    await vi.advanceTimersByTimeAsync(0);
    expect(late.startedMs).toBe(0);
  });

  it('RATE-04 at most for so long, from the start of the first on', async () => {
    node();
    const second = node();
    await vi.advanceTimersByTimeAsync(3000);
    const third = node();
    await vi.advanceTimersByTimeAsync(1999);
    expect([second.startedMs, third.startedMs]).toEqual([undefined, undefined]);
    await vi.advanceTimersByTimeAsync(1);
    expect([second.startedMs, third.startedMs]).toEqual([5000, 2000]);
    node({ staggerMs: 700, model: 'x' });
    const short = node({ staggerMs: 700, model: 'x' });
    await vi.advanceTimersByTimeAsync(700);
    expect(short.startedMs).toBe(700);
  });

  it('RATE-04 not for one that ended, and not beyond the end of the wait', async () => {
    const first = node();
    const second = node();
    const leave = new AbortController();
    const third = node({}, withEvents, leave.signal);
    await vi.advanceTimersByTimeAsync(100);
    leave.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect([second.startedMs, third.startedMs]).toEqual([undefined, 100]);
    first.turn?.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(second.startedMs).toBe(100);
  });

  it('RATE-04 anew once the vendor has forgotten the prefix', async () => {
    const first = node();
    await vi.advanceTimersByTimeAsync(10);
    first.turn?.output();
    first.turn?.end();
    await vi.advanceTimersByTimeAsync(6 * 60_000);
    node();
    const second = node();
    await vi.advanceTimersByTimeAsync(1000);
    expect(second.startedMs).toBeUndefined();
  });

  it.each<[string, Partial<NodeRequest>]>([
    ['model', { model: 'opus' }],
    ['effort', { effort: 'high' }],
    ['type', { agentType: 'reviewer' }],
    ['schema', { schema: { name: 's', json: { type: 'object' } } }],
    ['tree', { root: '/other' }],
    ['provider', { service: 'zhipu', gateway: 'zhipu' }],
  ])('RATE-04 one of another %s waits for nobody', async (_, more) => {
    node();
    const other = node(more);
    await vi.advanceTimersByTimeAsync(0);
    expect(other.startedMs).toBe(0);
  });

  it.each<[string, Partial<NodeRequest>, Parameters<Awaits>[1]]>([
    ['on mock', { backend: 'mock' }, withEvents],
    ['in a tree of its own', { worktree: { dir: '/w', base: 'head', refName: 'r' } }, withEvents],
    ['with 0', { staggerMs: 0 }, withEvents],
    ['with an executor that tells no events', {}, { features: new Set() }],
  ])('RATE-04 never %s', async (_, more, executor) => {
    node(more, executor);
    const second = node(more, executor);
    await vi.advanceTimersByTimeAsync(0);
    expect([second.startedMs, second.turn]).toEqual([0, undefined]);
  });
});
