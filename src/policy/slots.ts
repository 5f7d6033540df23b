import { fullWidth, narrowed, widened, type Width } from './width.ts';

/** Limits of one provider, as the user set them. Absent: none. */
export interface ProviderCaps {
  /** Dispatches at once. */
  concurrency?: number | undefined;
  /** Dispatches in any minute. */
  perMinute?: number | undefined;
}

/** A dispatch that has a slot, or waits for one. */
export interface SlotEntry {
  /** Names the dispatch on this machine. */
  id: string;
  run: string;
  /** Epoch milliseconds. */
  sinceMs: number;
  /** Its run sends it to see whether the provider serves again. */
  trial?: boolean;
}

/** Who uses a provider now, on all of a machine, and what the provider's answers taught (RATE-01, RATE-02). */
export interface Slots<Entry extends SlotEntry = SlotEntry> {
  width: Width;
  holders: Entry[];
  waiting: Entry[];
  /** Epoch milliseconds of the starts of the last minute. Kept only where they are limited. */
  starts: number[];
  /** When the provider last said that it is used up, epoch milliseconds: whoever waited by then would only be told the same. */
  refusedMs?: number;
}

const minute = 60_000;
// A provider that refused nothing for so long is not the one that did.
const forgetMs = 10 * minute;

export function noSlots<Entry extends SlotEntry>(): Slots<Entry> {
  return { width: fullWidth, holders: [], waiting: [], starts: [] };
}

/**
 * Whether a dispatch may start now. Those that wait go first; among them the run that uses the provider least, then who came first.
 * A trial, which a run sends to see whether the provider serves again, is only kept by what the user set.
 */
export function mayStart(slots: Slots, entry: SlotEntry, caps: ProviderCaps, nowMs: number): boolean {
  if (nowMs < slots.width.notBeforeMs && !entry.trial) return false;
  if (caps.perMinute !== undefined && recent(slots.starts, nowMs).length >= caps.perMinute) return false;
  const learnt = entry.trial ? undefined : currentWidth(slots.width, nowMs).width;
  const limit = Math.min(caps.concurrency ?? Infinity, learnt ?? Infinity);
  const free = limit - slots.holders.length;
  if (free < 1) return false;
  const queue = slots.waiting.some(({ id }) => id === entry.id) ? slots.waiting : [...slots.waiting, entry];
  return turn(queue, slots.holders).findIndex(({ id }) => id === entry.id) < free;
}

/** Whether a dispatch that waits is to give up, because the provider was used up meanwhile. */
export function isRefused(slots: Slots, entry: SlotEntry): boolean {
  return slots.refusedMs !== undefined && slots.refusedMs >= entry.sinceMs;
}

/** The slots with a dispatch that starts. */
export function taken<Entry extends SlotEntry>(slots: Slots<Entry>, entry: Entry, caps: ProviderCaps, nowMs: number): Slots<Entry> {
  const starts = caps.perMinute === undefined ? [] : [...recent(slots.starts, nowMs), nowMs];
  return { ...slots, starts, holders: [...without(slots.holders, entry.id), { ...entry, sinceMs: nowMs }], waiting: without(slots.waiting, entry.id) };
}

/** The slots with a dispatch that waits; doing it again keeps its place. */
export function queued<Entry extends SlotEntry>(slots: Slots<Entry>, entry: Entry): Slots<Entry> {
  const known = slots.waiting.find(({ id }) => id === entry.id);
  return { ...slots, waiting: [...without(slots.waiting, entry.id), known ? { ...entry, sinceMs: known.sinceMs } : entry] };
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
  const width = currentWidth(slots.width, nowMs);
  if (end.kind === 'quota') return { ...left, refusedMs: nowMs };
  if (end.kind === 'served') return { ...left, width: widened(held?.trial ? { ...width, notBeforeMs: 0 } : width) };
  if (end.kind === 'other' || !held) return left;
  const askedMs = end.askedMs === undefined ? {} : { askedMs: end.askedMs };
  return { ...left, width: narrowed(width, { startedMs: held.sinceMs, nowMs, running: slots.holders.length, ...askedMs }) };
}

function currentWidth(width: Width, nowMs: number): Width {
  return nowMs - width.reducedMs > forgetMs ? fullWidth : width;
}

function turn(queue: readonly SlotEntry[], holders: readonly SlotEntry[]): SlotEntry[] {
  const used = new Map<string, number>();
  for (const { run } of holders) used.set(run, (used.get(run) ?? 0) + 1);
  // The second of a run counts as if its first had started: runs alternate.
  const ranked = [...queue]
    .sort((a, b) => a.sinceMs - b.sinceMs)
    .map((entry) => {
      const rank = used.get(entry.run) ?? 0;
      used.set(entry.run, rank + 1);
      return { entry, rank };
    });
  return ranked.sort((a, b) => a.rank - b.rank || a.entry.sinceMs - b.entry.sinceMs).map(({ entry }) => entry);
}

function recent(starts: readonly number[], nowMs: number): number[] {
  return starts.filter((ms) => nowMs - ms < minute);
}

function without<Entry extends SlotEntry>(entries: readonly Entry[], id: string): Entry[] {
  return entries.filter((entry) => entry.id !== id);
}
