/** How many dispatches of one provider may run at once on this machine, as its answers taught (RATE-02). */
export interface Width {
  /** Absent: no limit was met so far, or it was outgrown. */
  width?: number;
  /** The width at which the provider began to refuse; reaching it again lifts the limit. */
  ceiling?: number;
  /** Answers since the width last changed. */
  successes: number;
  /** Epoch milliseconds of the last halving. */
  reducedMs: number;
  /** Nothing starts before this time, epoch milliseconds. */
  notBeforeMs: number;
}

export const fullWidth: Width = { successes: 0, reducedMs: 0, notBeforeMs: 0 };

// A provider that asks for hours has a quota, not a rate; waiting for that is the run's own matter.
const longestPauseMs = 5 * 60_000;

/**
 * The width after a 429: half of what ran, once for all that was under way together, and a pause as long as the provider asks for.
 *
 * @param startedMs when the refused dispatch started
 * @param running how many ran at that time, the refused one included
 */
export function narrowed(
  before: Width,
  { startedMs, nowMs, running, askedMs = 0 }: { startedMs: number; nowMs: number; running: number; askedMs?: number },
): Width {
  const notBeforeMs = Math.max(before.notBeforeMs, nowMs + Math.min(askedMs, longestPauseMs));
  if (startedMs < before.reducedMs) return { ...before, successes: 0, notBeforeMs };
  const base = Math.max(1, Math.min(running, before.width ?? Infinity));
  return { width: Math.max(1, Math.floor(base / 2)), ceiling: before.ceiling ?? base, successes: 0, reducedMs: nowMs, notBeforeMs };
}

/** The width after an answer: one more for each window of as many answers as it is wide. */
export function widened(before: Width): Width {
  if (before.width === undefined) return before;
  const successes = before.successes + 1;
  if (successes < before.width) return { ...before, successes };
  const width = before.width + 1;
  if (width < (before.ceiling ?? Infinity)) return { ...before, width, successes: 0 };
  return { ...fullWidth, reducedMs: before.reducedMs, notBeforeMs: before.notBeforeMs };
}
