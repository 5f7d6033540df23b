const minute = 60_000;
const hour = 60 * minute;
const units: Record<string, number> = { w: 7 * 24 * hour, d: 24 * hour, h: hour, m: minute, s: 1000 };
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const amount = String.raw`\d+(?:\.\d+)?\s*(?:weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])`;
const duration = new RegExp(String.raw`\b(?:try again|retry|resets?|available again) (?:in|after) (${amount}(?:(?:,|\s|and)*${amount})*)`, 'i');
const epoch = /\|(\d{10}|\d{13})\b/;
const iso = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})/;
const clock = new RegExp(
  String.raw`\b(?:try again|resets?|available again)\s+(?:at\s+|on\s+)?(?:(${months.join('|')})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:(\d{4}),?\s+)?(?:at\s+)?)?(\d{1,2})(?::(\d{2}))?\s*(am|pm)?(?![\w:])(?:\s*\(([\w+/-]+)\))?`,
  'i',
);

/**
 * The time at which a provider serves again, when a message of it tells one, in epoch milliseconds. Vendors write `…|1760000000`,
 * `resets 3pm (Europe/Berlin)`, `try again in 3 days 4 hours`, `try again at Nov 21st, 2026 3:05 PM`, or an ISO time.
 *
 * @param nowMs when the message was made; a clock time without a date is the next one after it
 */
export function resetTimeOfText(text: string, nowMs: number): number | undefined {
  const seconds = epoch.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds) * (seconds.length === 10 ? 1000 : 1);
  const date = iso.exec(text)?.[0];
  if (date !== undefined) return finite(Date.parse(date));
  const span = duration.exec(text)?.[1];
  if (span !== undefined) return nowMs + durationMs(span);
  return clockTime(text, nowMs);
}

function durationMs(text: string): number {
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z])/gi)) sum += Number(number) * (units[unit!.toLowerCase()] ?? 0);
  return Math.round(sum);
}

function clockTime(text: string, nowMs: number): number | undefined {
  const match = clock.exec(text);
  if (!match) return undefined;
  const [, month, day, year, hours, minutes, half, zone] = match;
  // A bare number, without minutes, half of the day or zone, is no clock time.
  if (minutes === undefined && half === undefined && zone === undefined) return undefined;
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const hour24 = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hour24 > 23) return undefined;
  const today = new Date(nowMs + offset(nowMs));
  const wall = (years: number, days: number) =>
    month === undefined
      ? Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + days, hour24, Number(minutes ?? 0))
      : Date.UTC(
          year === undefined ? today.getUTCFullYear() + years : Number(year),
          months.indexOf(month.slice(0, 3).toLowerCase()),
          Number(day),
          hour24,
          Number(minutes ?? 0),
        );
  const found = instant(wall(0, 0), offset);
  return found > nowMs || year !== undefined ? found : instant(wall(1, 1), offset);
}

// The offset of the moment itself counts, which a change to summer time may lie before.
function instant(wallMs: number, offset: (ms: number) => number): number {
  return wallMs - offset(wallMs - offset(wallMs));
}

// Milliseconds that a zone's wall clock is ahead of UTC at a moment; undefined for a zone that is not known.
function offsetOf(zone: string | undefined): ((ms: number) => number) | undefined {
  let format: Intl.DateTimeFormat;
  try {
    const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-US', { ...fields, ...(zone === undefined ? {} : { timeZone: zone }) });
  } catch {
    return undefined;
  }
  return (ms) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
    const wall = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
    return wall - Math.floor(ms / 1000) * 1000;
  };
}

function finite(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}
