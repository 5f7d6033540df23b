import { describe, expect, it } from 'vitest';
import { createdText, describeText, listText } from '../../cli/schedule/text.ts';
import { durationText, parseDuration } from '../../temporal/schedule/duration.ts';
import { overlapName, overlapPolicy, overlaps } from '../../temporal/schedule/overlap.ts';
import { aboutSchedule, checkName } from '../../temporal/schedule/problems.ts';
import type { ScheduleView } from '../../temporal/schedule/read.ts';

const view: ScheduleView = {
  ...{ name: 'nightly', root: '/p', script: 'a.js', sha256: 'abcdef0123456789', backend: 'mock', when: 'cron 0 9 * * 1', zone: 'Europe/Berlin' },
  ...{ paused: false, next: '2026-11-23T08:00:00Z', last_run: null, note: '', overlap: 'skip', catchup_ms: 3_600_000, remaining: null },
  ...{ coming: ['t1', 't2', 't3', 't4'], runs: [], running: [], fired: 0, missed: 0, skipped: 0, created: 't0' },
};

describe('what people read of a schedule', () => {
  it('SCHED-02 a new one says every setting, what one may not expect, and whether anybody serves it', () => {
    expect(createdText(view, 0, ['one', 'two']).split('\n')).toEqual([
      'schedule nightly is created',
      '  when     cron 0 9 * * 1 (Europe/Berlin)',
      '  next     t1, t2, t3',
      '  overlap  skip: a firing is skipped while the run before is open',
      '  catch-up 1h: a firing that is later than this is dropped',
      '  script   a.js (SHA-256 abcdef012345, as it was at creation)',
      '  project  /p',
      '  backend  mock',
      '  note     one',
      '  note     two',
      '  workers  none serves the queue now: odw worker start',
    ]);
    expect(createdText(view, 1, [])).toContain('  workers  1 serves the queue');
    expect(createdText(view, 3, [])).toContain('  workers  3 serve the queue');
  });

  it('SCHED-02 one that is paused fires never, and what was dropped is told', () => {
    const text = describeText({
      ...view,
      paused: true,
      note: 'holiday',
      zone: null,
      fired: 7,
      skipped: 2,
      missed: 1,
      running: ['r7'],
      runs: [
        { run_id: 'r6', at: 't' },
        { run_id: 'r7', at: 't' },
      ],
    });
    const lines = text.split('\n');
    expect(lines[0]).toBe('schedule nightly, paused');
    expect(lines).toEqual(
      expect.arrayContaining([
        '  when     cron 0 9 * * 1',
        '  next     none while paused',
        '  note     holiday',
        '  fired    7 times, 2 skipped, 1 missed',
        '  open     r7',
        '  runs     r6',
        '           r7',
      ]),
    );
    expect(describeText({ ...view, coming: [] })).toContain('  next     none');
    expect(describeText({ ...view, overlap: 'terminate_other' })).toContain('  overlap  terminate_other\n');
  });

  it('SCHED-02 the list has a line each, in columns', () => {
    expect(listText([])).toBe('no schedules; odw schedule create makes one');
    const rows = [view, { ...view, name: 'x', when: 'every 5m', paused: true, script: 'b.js' }, { ...view, name: 'once', when: 'at t', next: null }];
    expect(listText(rows).split('\n')).toEqual([
      'nightly  cron 0 9 * * 1  2026-11-23T08:00:00Z  a.js',
      'x        every 5m        paused                b.js',
      'once     at t            done                  a.js',
    ]);
  });
});

describe('the words of a schedule', () => {
  it.each([
    ['90s', 90_000, '90s'],
    ['60m', 3_600_000, '1h'],
    ['24h', 86_400_000, '1d'],
    ['36h', 129_600_000, '36h'],
    [' 5m ', 300_000, '5m'],
  ])('SCHED-02 %j is a length of time, and is said in the largest unit that holds it whole', (text, ms, said) => {
    expect([parseDuration('--every', text), durationText(ms)]).toEqual([ms, said]);
  });

  it.each(['', '5', 'm', '0s', '-5m', '1.5h', '5 m', '1h30m', '5M', '9'.repeat(20) + 'd'])('SCHED-02 %j is none', (text) => {
    expect(() => parseDuration('--every', text)).toThrow(`--every expects a whole number with s, m, h or d, such as 30s, 5m, 2h or 1d; got "${text}"`);
  });

  it('SCHED-02 every way to overlap is a policy of the server and comes back under its name', () => {
    expect(overlaps.map((name) => overlapName(overlapPolicy(name)))).toEqual([...overlaps]);
    expect([overlapName('TERMINATE_OTHER'), overlapName(undefined)]).toEqual(['terminate_other', 'unknown']);
  });

  it.each(['nightly', 'a', 'A1.b_c-d', 'x'.repeat(100)])('SCHED-02 %s is a name', (name) => expect(checkName(name)).toBe(name));

  it.each(['', '-a', '.a', 'a..b', 'a/b', 'a b', 'ä', 'x'.repeat(101), 'a\n'])('SCHED-02 FILE-03 %j is none: run folders begin with it', (name) => {
    expect(() => checkName(name)).toThrow(`at most 100, and begins with a letter or digit; got "${name}"`);
  });

  it.each<[string, object, string, string]>([
    ['that is not there', { name: 'ScheduleNotFoundError' }, 'schedule-not-found', 'there is no schedule "n"'],
    ['that is there already', { name: 'ScheduleAlreadyRunning' }, 'schedule-exists', 'there is a schedule "n" already'],
    ['that the server refuses', { code: 3, message: 'bad cron' }, 'schedule-invalid', 'the server refuses schedule "n": bad cron'],
    [
      'that it refuses in its cause',
      { message: 'outer', cause: { code: 3, message: 'bad zone' } },
      'schedule-invalid',
      'the server refuses schedule "n": bad zone',
    ],
  ])('SCHED-02 an error about one %s is told in our words', async (_, error, slug, message) => {
    await expect(aboutSchedule('n', Promise.reject(Object.assign(new Error('as the server says it'), error)))).rejects.toMatchObject({ slug, message });
  });

  it('SCHED-02 another error stays what it is, and an answer too', async () => {
    const error = Object.assign(new Error('unavailable'), { code: 14 });
    await expect(aboutSchedule('n', Promise.reject(error))).rejects.toBe(error);
    expect(await aboutSchedule('n', Promise.resolve(5))).toBe(5);
  });
});
