import type { JournalRecord } from '../../schemas/journal.ts';
import { cutCodePoints, wellFormed } from '../text.ts';
import { innerEvents } from './fields.ts';

/** Characters that all long texts of a report may have together, so that it opens at once. */
const TOTAL = 16_000_000;
const MOST = 256_000;
const LEAST = 4_000;

/** A text that may have been cut: the rest stands in the run folder. */
export interface CutText {
  text: string;
  /** Length of the whole text in UTF-16 units, when it was cut. */
  cutFrom?: number;
}

/** How many characters of one result or diff the report holds: many in a small run, fewer in a large one. */
export function textLimit(events: JournalRecord[]): number {
  let ends = 0;
  for (const { event } of innerEvents(events)) if (event.type === 'agent_done' || event.type === 'agent_skip') ends++;
  return Math.max(LEAST, Math.min(MOST, Math.floor(TOTAL / Math.max(1, 2 * ends))));
}

export function cutText(text: string, limit: number): CutText {
  const whole = wellFormed(text);
  const cut = cutCodePoints(whole, limit);
  return cut.length === whole.length ? { text: whole } : { text: cut, cutFrom: whole.length };
}
