import { OdwError } from '../../src/errors/error.ts';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A length of time as flags take it: `30s`, `5m`, `2h`, `1d`. Milliseconds.
 *
 * @param flag named in the message
 * @throws OdwError `schedule-invalid`
 */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d+)(s|m|h|d)$/.exec(text.trim());
  const ms = match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : 0;
  if (ms > 0 && Number.isSafeInteger(ms)) return ms;
  throw new OdwError('schedule-invalid', `${flag} expects a whole number with s, m, h or d, such as 30s, 5m, 2h or 1d; got "${text}"`, { exitCode: 2 });
}

/** Milliseconds in the largest unit that holds them whole: `1h`, `90m`, `45s`. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  return `${ms / 1000}s`;
}
