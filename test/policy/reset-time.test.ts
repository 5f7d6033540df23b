import { describe, expect, it } from 'vitest';
import { resetTimeOfText } from '../../src/policy/reset-time.ts';

const now = Date.parse('2026-11-21T12:00:00.000Z');
const read = (text: string) => {
  const ms = resetTimeOfText(text, now);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('the time at which a provider serves again', () => {
  it.each([
    ['Claude AI usage limit reached|1795262400', '2026-11-21T12:00:00.000Z'],
    ['Claude AI usage limit reached|1795280400000', '2026-11-21T17:00:00.000Z'],
    ["You've hit your limit · resets 3pm (UTC)", '2026-11-21T15:00:00.000Z'],
    ['5-hour limit reached ∙ resets 3:30pm (Europe/Berlin)', '2026-11-21T14:30:00.000Z'],
    ['Your limit will reset at 9am (America/New_York).', '2026-11-21T14:00:00.000Z'],
    ['weekly limit reached ∙ resets Nov 25, 8am (UTC)', '2026-11-25T08:00:00.000Z'],
    ['weekly limit reached ∙ resets Jan 2 at 8am (UTC)', '2027-01-02T08:00:00.000Z'],
    ['resets 11am (UTC)', '2026-11-22T11:00:00.000Z'],
    ['resets 12am (UTC)', '2026-11-22T00:00:00.000Z'],
    ['resets 15:45 (UTC)', '2026-11-21T15:45:00.000Z'],
    ["You've hit your usage limit. Upgrade to Pro or try again in 3 days 4 hours 20 minutes.", '2026-11-24T16:20:00.000Z'],
    ['try again in 2 hours', '2026-11-21T14:00:00.000Z'],
    ['try again in 12s', '2026-11-21T12:00:12.000Z'],
    ['try again in 1 day, 1 hour and 30 minutes', '2026-11-22T13:30:00.000Z'],
    ['quota exceeded, available again at 2026-11-21T12:34:56Z', '2026-11-21T12:34:56.000Z'],
    ['quota exceeded until 2026-11-21T14:34:56+02:00', '2026-11-21T12:34:56.000Z'],
  ])('QUOTA-04 reads %j', (text, time) => {
    expect(read(text)).toBe(time);
  });

  it('QUOTA-04 reads a date with its year, in the zone of the machine', () => {
    expect(resetTimeOfText('try again at Nov 23rd, 2026 3:05 PM.', now)).toBe(new Date(2026, 10, 23, 15, 5).getTime());
  });

  it.each([
    'You have hit your usage limit.',
    'try again later',
    'resets 5 counters',
    'error 429',
    'resets 3pm (Nowhere/Atall)',
    'resets 25:00 (UTC)',
    '|123',
    '',
  ])('QUOTA-04 %j tells no time', (text) => {
    expect(read(text)).toBeUndefined();
  });
});
