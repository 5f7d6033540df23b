import type { SlotEntry, Slots } from './slots.ts';

type Users = Pick<Slots, 'holders' | 'waiting' | 'passes'>;

/**
 * The order in which those that wait for a provider go (RATE-03): the run first that was given least lately, so that runs alternate; among
 * those the one that holds least; then who came first. What a run is given counts by its priority: each step doubles its share. No share
 * is nothing, so nobody starves.
 */
export function turns<Entry extends SlotEntry>(queue: readonly Entry[], slots: Users): Entry[] {
  if (queue.length < 2) return [...queue];
  const runs = new Map<string, { pass: number; holds: number }>();
  const ofRun = (run: string) => {
    let known = runs.get(run);
    if (!known) runs.set(run, (known = { pass: passOf(slots, run), holds: slots.holders.filter((holder) => holder.run === run).length }));
    return known;
  };
  const ranked = [...queue]
    .sort((a, b) => a.sinceMs - b.sinceMs)
    .map((entry) => {
      const state = ofRun(entry.run);
      const rank = { entry, pass: state.pass, holds: state.holds };
      // The second of a run counts as if its first had started.
      state.pass += costOf(entry);
      state.holds++;
      return rank;
    });
  return ranked.sort((a, b) => a.pass - b.pass || a.holds - b.holds || a.entry.sinceMs - b.entry.sinceMs).map(({ entry }) => entry);
}

/** The passes once a dispatch started: its run moves on by what one slot is worth to it. */
export function withPass(slots: Users, entry: SlotEntry): Record<string, number> {
  return { ...forgottenPasses(slots), [entry.run]: passOf(slots, entry.run) + costOf(entry) };
}

/** The passes once a run wants something: from now on the others get ahead of it. */
export function joined(slots: Users, run: string): Record<string, number> {
  return { ...slots.passes, [run]: passOf(slots, run) };
}

/** The passes of runs that hold or want something; whoever comes back later begins with the others. */
export function forgottenPasses({ holders, waiting, passes }: Users): Record<string, number> {
  const active = new Set([...holders, ...waiting].map(({ run }) => run));
  return Object.fromEntries(Object.entries(passes).filter(([run]) => active.has(run)));
}

// A run that comes anew is as far as the one that was given least: it neither waits for all that was, nor goes before all.
function passOf({ holders, waiting, passes }: Users, run: string): number {
  if (passes[run] !== undefined) return passes[run];
  const others = new Set([...holders, ...waiting].map((entry) => entry.run));
  const known = [...others].flatMap((other) => (passes[other] === undefined ? [] : [passes[other]]));
  return known.length === 0 ? 0 : Math.min(...known);
}

function costOf({ priority = 3 }: SlotEntry): number {
  return 2 ** (priority - 3);
}
