import { OdwError } from '../../src/errors/error.ts';

/** The zone of this process, by its IANA name. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * Checks a time zone and gives its usual spelling.
 *
 * @throws OdwError `schedule-invalid`
 */
export function readZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new OdwError('schedule-invalid', `--tz expects a time zone by its IANA name, such as Europe/Berlin or UTC; got "${text}"`, { exitCode: 2 });
  }
}

const isoForm = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * The instant that an ISO 8601 text names, in whole seconds; without an offset it is a time of day in `zone`.
 * A time that a change of clocks skips is moved on by as much.
 *
 * @throws OdwError `schedule-invalid`
 */
export function readInstant(text: string, zone: string): Date {
  const match = isoForm.exec(text.trim());
  if (!match) throw invalid(text);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(wall);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || back.getUTCHours() !== hour || minute > 59 || second > 59) throw invalid(text);
  if (match[7]) return new Date(wall - offsetOf(match[7]));
  return new Date(wall - zoneOffset(wall - zoneOffset(wall, zone), zone));
}

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(-2))];
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

// How far the zone's wall clock is ahead of UTC at an instant, in milliseconds.
function zoneOffset(instant: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)])) as Record<string, number>;
  const wall = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
  return wall - Math.floor(instant / 1000) * 1000;
}

function invalid(text: string): OdwError {
  return new OdwError('schedule-invalid', `--at expects a date and time in ISO 8601, such as 2027-03-01T09:00 or 2027-03-01T08:00:00Z; got "${text}"`, {
    exitCode: 2,
  });
}
