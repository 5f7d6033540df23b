import { describe, expect, it } from 'vitest';
import { isOdwError } from '../../src/errors/error.ts';
import { durationText, parseDuration } from '../../temporal/schedule/duration.ts';
import { localZone, readInstant, readZone } from '../../temporal/schedule/instant.ts';
import { checkName } from '../../temporal/schedule/problems.ts';
import { readTiming, type TimingFlags } from '../../temporal/schedule/timing.ts';

const now = new Date('2026-06-01T12:00:00Z');
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (isOdwError(error) && error.slug === 'schedule-invalid' && error.exitCode === 2) return error.message;
    throw error;
  }
  return 'not refused';
};
const timing = (flags: TimingFlags) => readTiming(flags, now);

describe('intervals', () => {
  it.each([
    ['1s', 1000],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [' 90m ', 5_400_000],
  ])('SCHED-01 --every %s', (every, ms) => {
    expect(timing({ every })).toMatchObject({ spec: { intervals: [{ every: ms }] }, once: false, zone: null });
  });

  it.each(['', '0s', '5', '5 m', '-1s', '1.5h', '1w', 'five', '999999999999999999d'])('refuses %j with the forms that are expected', (every) => {
    expect(refusal(() => timing({ every }))).toContain('such as 30s, 5m, 2h or 1d');
  });

  it('writes a length in the largest unit that holds it whole', () => {
    expect([1000, 90_000, 3_600_000, 5_400_000, 86_400_000, 1500].map(durationText)).toEqual(['1s', '90s', '1h', '90m', '1d', '1.5s']);
    expect(parseDuration('--catchup', durationText(5_400_000))).toBe(5_400_000);
  });
});

describe('cron', () => {
  it('SCHED-02 uses the zone of this machine unless one is named, and says which', () => {
    expect(timing({ cron: '0 9 * * 1' })).toMatchObject({ spec: { cronExpressions: ['0 9 * * 1'], timezone: localZone() }, zone: localZone() });
    expect(timing({ cron: '@daily', tz: 'europe/berlin' })).toMatchObject({
      spec: { cronExpressions: ['@daily'], timezone: 'Europe/Berlin' },
      zone: 'Europe/Berlin',
    });
  });

  it('SCHED-04 says that day of month and day of week must both match, only when both are given', () => {
    const note = (cron: string) => timing({ cron }).notes.join();
    expect(note('0 0 13 * 5')).toContain('must both match');
    expect(['0 0 13 * *', '0 0 * * 5', '0 0 */1 * 5', '0 0 ? * 5', '@weekly'].map(note)).toEqual(['', '', '', '', '']);
  });

  it.each(['', '* * * *', '0 * * * * *', '@every 5s', '@often', 'TZ=UTC 0 0 * * *', 'CRON_TZ=UTC 0 0 * *'])('refuses %j', (cron) => {
    expect(refusal(() => timing({ cron }))).toMatch(/--cron expects five fields .* for intervals use --every, for a zone --tz/);
  });

  it('refuses a zone that does not exist', () => {
    expect(refusal(() => readZone('Mars/Olympus'))).toContain('got "Mars/Olympus"');
  });
});

describe('once', () => {
  it.each([
    ['2027-03-01T08:00:00Z', 'UTC', '2027-03-01T08:00:00.000Z'],
    ['2027-03-01T08:00:00+02:00', 'UTC', '2027-03-01T06:00:00.000Z'],
    ['2027-03-01T08:00-0530', 'UTC', '2027-03-01T13:30:00.000Z'],
    ['2027-03-01 08:00', 'Europe/Berlin', '2027-03-01T07:00:00.000Z'],
    ['2027-07-01T08:00', 'Europe/Berlin', '2027-07-01T06:00:00.000Z'],
    ['2027-07-01', 'America/New_York', '2027-07-01T04:00:00.000Z'],
    ['2027-03-01T08:00:00.750Z', 'UTC', '2027-03-01T08:00:00.000Z'],
    // Berlin sets its clocks from 02:00 to 03:00 on this day.
    ['2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30:00.000Z'],
    ['2027-01-01T00:00', 'Asia/Kathmandu', '2026-12-31T18:15:00.000Z'],
  ])('reads %s in %s', (text, zone, expected) => {
    expect(readInstant(text, zone).toISOString()).toBe(expected);
  });

  it.each(['tomorrow', '2027-02-31', '2027-13-01', '2027-01-01T25:00', '2027-01-01T10:61', '1/2/2027', '2027-01-01T'])('refuses %j', (text) => {
    expect(refusal(() => readInstant(text, 'UTC'))).toContain('ISO 8601');
  });

  it('SCHED-03 is one calendar time in UTC; the past is refused with both times', () => {
    expect(timing({ at: '2099-12-31T23:59:58+01:00' })).toEqual({
      spec: { calendars: [{ year: 2099, month: 'DECEMBER', dayOfMonth: 31, hour: 22, minute: 59, second: 58 }], timezone: 'UTC' },
      once: true,
      when: 'at 2099-12-31T23:59:58+01:00',
      zone: null,
      notes: [],
    });
    expect(timing({ at: '2099-01-01T00:00', tz: 'Asia/Tokyo' })).toMatchObject({
      zone: 'Asia/Tokyo',
      spec: { calendars: [{ year: 2098, month: 'DECEMBER', hour: 15 }] },
    });
    expect(refusal(() => timing({ at: '2026-06-01T12:00:00Z' }))).toBe(
      '--at 2026-06-01T12:00:00Z is in the past: that is 2026-06-01T12:00:00.000Z, and now it is 2026-06-01T12:00:00.000Z',
    );
  });
});

it('needs exactly one of --cron, --every and --at', () => {
  expect(refusal(() => timing({}))).toContain('exactly one of --cron, --every and --at; got 0');
  expect(refusal(() => timing({ every: '1h', cron: '@daily' }))).toContain('got 2');
});

it('takes names that can begin a run id, and no others', () => {
  expect(['nightly', 'a', 'v1.2-x_y'].map(checkName)).toEqual(['nightly', 'a', 'v1.2-x_y']);
  for (const name of ['', '-x', '.x', 'a..b', 'a/b', 'a b', 'ä', 'x'.repeat(101)])
    expect(refusal(() => checkName(name))).toContain('begins with a letter or digit');
});
