import { tail } from '../../report/mask.ts';
import { lastLines } from '../../events/last-lines.ts';
import type { SessionTarget } from '../session-target.ts';

const limit = 16_384;

/** The last lines of a session's events and of its CLI's stderr, masked. */
export function logs({ record }: SessionTarget, count: number): string[] {
  const files = [record.artifacts['event_log'], record.artifacts['debug_log']].filter((file) => typeof file === 'string');
  const text = files.flatMap((file) => lastLines(file, count)).join('\n');
  return tail(text, limit)
    .split('\n')
    .filter(Boolean)
    .slice(-2 * count);
}
