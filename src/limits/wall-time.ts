import type { LimitValues } from '../../schemas/limits.ts';

/** A limit on time, or what counts as time, or both. */
export type WallTime = Pick<LimitValues, 'wallTime' | 'wallTimeCounts'>;

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A limit on time as scripts and flags say it (LIMIT-04): seconds, `"90s"`, `"30m"`, `"6h"`, `"2d"`; with the word `total` behind it, pauses and parked
 * time count too. `"total"` alone says only that. Undefined when it is none of these.
 */
export function readWallTime(value: unknown): WallTime | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? { wallTime: value } : undefined;
  if (typeof value !== 'string') return undefined;
  const words = value.trim().split(/\s+/);
  const counts = words.at(-1) === 'total' ? { wallTimeCounts: words.pop() as 'total' } : {};
  if (words.length === 0) return counts;
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(words.join(' ')) ?? [];
  const wallTime = Number(count) * unitSeconds[unit]!;
  return wallTime > 0 && Number.isSafeInteger(wallTime) ? { wallTime, ...counts } : undefined;
}

/** The text that {@link readWallTime} reads as this. */
export function wallTimeText({ wallTime, wallTimeCounts }: WallTime): string {
  return [wallTime === undefined ? [] : [`${Math.ceil(wallTime)}s`], wallTimeCounts ?? []].flat().join(' ');
}
