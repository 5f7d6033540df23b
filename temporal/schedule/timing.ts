import type { CalendarSpec, ScheduleSpec } from '@temporalio/client';
import { OdwError } from '../../src/errors/error.ts';
import { parseDuration } from './duration.ts';
import { localZone, readInstant, readZone } from './instant.ts';

export interface TimingFlags {
  /** Five fields, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  cron?: string;
  /** `30s`, `5m`, `2h`, `1d`. */
  every?: string;
  /** ISO 8601, in the future. */
  at?: string;
  /** IANA zone; default that of this machine. */
  tz?: string;
}

/** When a schedule starts runs. */
export interface Timing {
  spec: ScheduleSpec;
  /** It starts one run and is done. */
  once: boolean;
  /** As it was asked for: `cron 0 9 * * 1`. */
  when: string;
  /** Zone of the times; null where none matters. */
  zone: string | null;
  /** What a person may not expect. */
  notes: string[];
}

const names = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'];
const months = ['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const;

/**
 * Reads when a schedule is to start runs (SCHED-01 to SCHED-04).
 *
 * @throws OdwError `schedule-invalid`
 */
export function readTiming(flags: TimingFlags, now: Date = new Date()): Timing {
  const given = [flags.cron, flags.every, flags.at].filter((value) => value !== undefined).length;
  if (given !== 1) throw invalid(`a schedule needs exactly one of --cron, --every and --at; got ${given}`);
  const zone = flags.tz === undefined ? localZone() : readZone(flags.tz);
  if (flags.cron !== undefined) return cronTiming(flags.cron, zone);
  if (flags.at !== undefined) return atTiming(flags.at, zone, now);
  const every = parseDuration('--every', flags.every ?? '');
  return {
    spec: { intervals: [{ every }] },
    once: false,
    when: `every ${flags.every?.trim()}`,
    zone: null,
    notes: ['intervals are counted from 1970-01-01T00:00:00Z, not from now'],
  };
}

function cronTiming(text: string, zone: string): Timing {
  const fields = text.trim().split(/\s+/);
  if (!(fields.length === 5 && !/[@=]/.test(text)) && !(fields.length === 1 && names.includes(fields[0] ?? ''))) {
    throw invalid(
      `--cron expects five fields (minute, hour, day of month, month, day of week) or one of ${names.join(', ')}; got "${text}"; for intervals use --every, for a zone --tz`,
    );
  }
  const both = fields.length === 5 && isRestricted(fields[2]) && isRestricted(fields[4]);
  return {
    spec: { cronExpressions: [fields.join(' ')], timezone: zone },
    once: false,
    when: `cron ${fields.join(' ')}`,
    zone,
    notes: both ? ['the day of month and the day of week must both match; in a crontab either would do'] : [],
  };
}

function isRestricted(field = '*'): boolean {
  return !/^(\*|\?|\*\/1)$/.test(field);
}

function atTiming(text: string, zone: string, now: Date): Timing {
  const at = readInstant(text, zone);
  if (at.getTime() <= now.getTime()) throw invalid(`--at ${text} is in the past: that is ${at.toISOString()}, and now it is ${now.toISOString()}`);
  const calendar: CalendarSpec = {
    year: at.getUTCFullYear(),
    month: months[at.getUTCMonth()] as (typeof months)[number],
    dayOfMonth: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
  };
  return {
    spec: { calendars: [calendar], timezone: 'UTC' },
    once: true,
    when: `at ${text.trim()}`,
    zone: /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? null : zone,
    notes: [],
  };
}

function invalid(message: string): OdwError {
  return new OdwError('schedule-invalid', message, { exitCode: 2 });
}
