import { forgottenPasses, joined, turns, withPass } from './turns.ts';
import { fullWidth, narrowed, widened, type Width } from './width.ts';

/** Limits of a provider, or of one account of it, as the user set them. Absent: none. */
export interface Caps {
  /** Dispatches at once. */
  concurrency?: number | undefined;
  /** Dispatches in any minute. */
  perMinute?: number | undefined;
}

/** What the user set for a provider, all of its accounts together, and for single accounts. Both hold. */
export interface ProviderCaps extends Caps {
  accounts?: Record<string, Caps> | undefined;
}

/** A dispatch that has a slot, or waits for one. */
export interface SlotEntry {
  /** Names the dispatch on this machine. */
  id: string;
  run: string;
  account: string;
  /** Epoch milliseconds. */
  sinceMs: number;
  /** 1 (first) to 5; absent = 3. */
  priority?: number | undefined;
  /** Its run sends it to see whether the provider serves again. */
  trial?: boolean;
}

/** What the answers to one account taught. */
export interface Learnt {
  width: Width;
  /** When the provider last said that it is used up, epoch milliseconds: whoever waited by then would only be told the same. */
  refusedMs?: number;
}

/** Who uses a provider now, on all of a machine, and what the provider's answers taught (RATE-01, RATE-02). */
export interface Slots<Entry extends SlotEntry = SlotEntry> {
  learnt: Record<string, Learnt>;
  holders: Entry[];
  waiting: Entry[];
  /** Starts of the last minute. Kept only where they are limited. */
  starts: { account: string; ms: number }[];
  /** How much each run was given lately (RATE-03); see turns.ts. */
  passes: Record<string, number>;
}

const minute = 60_000;
// A provider that refused nothing for so long is not the one that did.
const forgetMs = 10 * minute;

export function noSlots<Entry extends SlotEntry>(): Slots<Entry> {
  return { learnt: {}, holders: [], waiting: [], starts: [], passes: {} };
}

/**
 * Whether a dispatch may start now. Those that wait go first, in the order of {@link turns}; one whose account has no room lets others by.
 * A trial, which a run sends to see whether the provider serves again, is only kept by what the user set.
 */
export function mayStart(slots: Slots, entry: SlotEntry, caps: ProviderCaps, nowMs: number): boolean {
  const room = new Room(slots, caps, nowMs);
  // Each keeps its place, so that all who look find the same order.
  const isQueued = slots.waiting.some(({ id }) => id === entry.id);
  const queue = isQueued ? slots.waiting.map((waiter) => (waiter.id === entry.id ? { ...entry, sinceMs: waiter.sinceMs } : waiter)) : [...slots.waiting, entry];
  for (const next of turns(queue, slots)) {
    const starts = room.take(next);
    if (next.id === entry.id) return starts;
  }
  return false;
}

/** Whether a dispatch that waits is to give up, because its account was used up meanwhile. */
export function isRefused({ learnt }: Slots, { account, sinceMs }: SlotEntry): boolean {
  const refusedMs = learnt[account]?.refusedMs;
  return refusedMs !== undefined && refusedMs >= sinceMs;
}

/** The slots with a dispatch that starts. */
export function taken<Entry extends SlotEntry>(slots: Slots<Entry>, entry: Entry, caps: ProviderCaps, nowMs: number): Slots<Entry> {
  const isCounted = caps.perMinute !== undefined || caps.accounts?.[entry.account]?.perMinute !== undefined;
  const left = { ...slots, holders: without(slots.holders, entry.id), waiting: without(slots.waiting, entry.id) };
  // Those of another account, too.
  const recent = slots.starts.filter(({ ms }) => nowMs - ms < minute);
  return {
    ...left,
    starts: isCounted ? [...recent, { account: entry.account, ms: nowMs }] : recent,
    holders: [...left.holders, { ...entry, sinceMs: nowMs }],
    passes: withPass(slots, entry),
  };
}

/** The slots with a dispatch that waits; doing it again keeps its place. */
export function queued<Entry extends SlotEntry>(slots: Slots<Entry>, entry: Entry): Slots<Entry> {
  const known = slots.waiting.find(({ id }) => id === entry.id);
  const waiting = [...without(slots.waiting, entry.id), known ? { ...entry, sinceMs: known.sinceMs } : entry];
  return { ...slots, waiting, passes: joined(slots, entry.run) };
}

/** How a dispatch ended, as far as its provider is concerned. */
export interface SlotEnd {
  /** `other`: it says nothing about the provider. */
  kind: 'served' | 'quota' | 'rate' | 'other';
  /** The wait that the provider asks for, in milliseconds. */
  askedMs?: number | undefined;
}

/** The slots without a dispatch, whether it held one or waited. */
export function released<Entry extends SlotEntry>(slots: Slots<Entry>, id: string, end: SlotEnd, nowMs: number): Slots<Entry> {
  const held = slots.holders.find((holder) => holder.id === id);
  const left = { ...slots, holders: without(slots.holders, id), waiting: without(slots.waiting, id) };
  left.passes = forgottenPasses(left);
  const account = (held ?? slots.waiting.find((waiter) => waiter.id === id))?.account;
  if (end.kind === 'other' || account === undefined) return left;
  if (end.kind === 'rate') return { ...left, learnt: throttled(slots, id, end.askedMs, nowMs).learnt };
  const before = slots.learnt[account];
  const width = currentWidth(before, nowMs);
  const learn = (now: Learnt) => ({ ...left, learnt: { ...slots.learnt, [account]: now } });
  if (end.kind === 'quota') return learn({ width, refusedMs: nowMs });
  const refused = before?.refusedMs === undefined ? {} : { refusedMs: before.refusedMs };
  return before ? learn({ ...refused, width: widened(held?.trial ? { ...width, notBeforeMs: 0 } : width) }) : left;
}

/** The slots after a dispatch was told to slow down, while it holds its slot. One that holds none teaches nothing. */
export function throttled<Entry extends SlotEntry>(slots: Slots<Entry>, id: string, askedMs: number | undefined, nowMs: number): Slots<Entry> {
  const held = slots.holders.find((holder) => holder.id === id);
  if (!held) return slots;
  const before = slots.learnt[held.account];
  const running = slots.holders.filter(({ account }) => account === held.account).length;
  const asked = askedMs === undefined ? {} : { askedMs };
  const width = narrowed(currentWidth(before, nowMs), { startedMs: held.sinceMs, nowMs, running, ...asked });
  return { ...slots, learnt: { ...slots.learnt, [held.account]: { ...before, width } } };
}

/** What is left of every limit, while those that may start are counted off one after another. */
class Room {
  private readonly free: Limits;
  private readonly accounts = new Map<string, Limits>();

  constructor(
    private readonly slots: Slots,
    private readonly caps: ProviderCaps,
    private readonly nowMs: number,
  ) {
    this.free = limits(caps, slots.holders.length, this.recent());
  }

  /** Takes a place for a dispatch when there is one. */
  take({ account, trial }: SlotEntry): boolean {
    const width = trial ? fullWidth : currentWidth(this.slots.learnt[account], this.nowMs);
    const own = this.limitsOf(account);
    if (this.nowMs < width.notBeforeMs || own.running >= (width.width ?? Infinity)) return false;
    if (!own.isOpen() || !this.free.isOpen()) return false;
    own.start();
    this.free.start();
    return true;
  }

  private limitsOf(account: string): Limits {
    let own = this.accounts.get(account);
    if (!own) {
      const running = this.slots.holders.filter((holder) => holder.account === account).length;
      this.accounts.set(account, (own = limits(this.caps.accounts?.[account] ?? {}, running, this.recent(account))));
    }
    return own;
  }

  private recent(account?: string): number {
    return this.slots.starts.filter((start) => this.nowMs - start.ms < minute && (account === undefined || start.account === account)).length;
  }
}

interface Limits {
  running: number;
  isOpen(): boolean;
  start(): void;
}

function limits({ concurrency = Infinity, perMinute = Infinity }: Caps, running: number, recent: number): Limits {
  return {
    running,
    isOpen() {
      return this.running < concurrency && recent < perMinute;
    },
    start() {
      this.running++;
      recent++;
    },
  };
}

function currentWidth(learnt: Learnt | undefined, nowMs: number): Width {
  if (!learnt || nowMs - learnt.width.reducedMs > forgetMs) return fullWidth;
  return learnt.width;
}

function without<Entry extends SlotEntry>(entries: readonly Entry[], id: string): Entry[] {
  return entries.filter((entry) => entry.id !== id);
}
