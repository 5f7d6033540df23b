import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstOf } from '../../activities/run-node/first-of.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { fixture, host, request, tempDir } from './support.ts';

/** What a signal keeps of those that follow it: listeners, and what AbortSignal.any leaves in it. */
function followersOf(signal: AbortSignal): number {
  const held = Object.getOwnPropertySymbols(signal).filter(({ description }) => description === 'kDependantSignals');
  const dependants = held.flatMap((symbol) => [...((signal as unknown as Record<symbol, Iterable<unknown> | undefined>)[symbol] ?? [])]);
  return getEventListeners(signal, 'abort').length + dependants.length;
}

describe('a signal that follows the first of others', () => {
  it('is aborted by whichever comes first, with its reason, at once when one has come', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const following = firstOf(one.signal, undefined, two.signal);
    expect(following.signal.aborted).toBe(false);
    two.abort('second');
    one.abort('first');
    expect([following.signal.aborted, following.signal.reason]).toEqual([true, 'second']);
    expect(firstOf(new AbortController().signal, two.signal).signal.reason).toBe('second');
  });

  it('leaves nothing in those it followed once it is released', () => {
    const long = new AbortController();
    const following = firstOf(long.signal, new AbortController().signal);
    expect(followersOf(long.signal)).toBe(1);
    following.release();
    expect(followersOf(long.signal)).toBe(0);
    long.abort();
    expect(following.signal.aborted).toBe(false);
  });

  // Later versions keep it where nobody can look.
  it.runIf(process.versions.node.startsWith('20.'))('which AbortSignal.any does not: what it leaves is what the look at it finds', () => {
    const other = new AbortController();
    const any = AbortSignal.any([other.signal]);
    expect([any.aborted, followersOf(other.signal)]).toEqual([false, 1]);
  });

  it('a node that had a slot of its provider leaves nothing in the signal of its worker', async () => {
    const root = tempDir();
    const leaving = new AbortController().signal;
    const made = host(fixture('good.sh'), { ODW_HOME: join(root, 'home') }, { leaving });
    expect(await runNode(request(root, { service: 'claude' }), made)).toMatchObject({ status: 'ok' });
    expect(followersOf(leaving)).toBe(0);
  });
});
