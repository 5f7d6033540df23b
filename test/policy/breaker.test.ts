import { describe, expect, it } from 'vitest';
import { briefWaitMs } from '../../src/policy/brief-wait.ts';
import { joinBreaker, openBreaker, trialFailed, trialGraceMs, type Breaker, type Hit } from '../../src/policy/breaker.ts';
import { jitterMs } from '../../src/policy/jitter.ts';

const now = Date.parse('2026-11-21T12:00:00.000Z');
const minute = 60_000;
const quota: Hit = { class: 'quota', message: 'used up' };
const waitOf = (breaker: Breaker, from = now) => (breaker.untilMs === undefined ? undefined : breaker.untilMs - from);

describe('jitter', () => {
  it('QUOTA-04 is the same for the same seed, up to a tenth of the wait, and up to a minute', () => {
    const seeds = Array.from({ length: 200 }, (_, i) => `run-${i}`);
    for (const [wait, most] of [
      [2000, 200],
      [5 * minute, 30_000],
      [5 * 60 * minute, minute],
      [0, 0],
      [-5, 0],
    ] as const) {
      const jitters = seeds.map((seed) => jitterMs(wait, seed));
      expect(Math.min(...jitters)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...jitters)).toBeLessThanOrEqual(most);
      expect(jitters).toEqual(seeds.map((seed) => jitterMs(wait, seed)));
    }
    // Many runs that wait for one reset come back spread over the whole minute.
    const spread = seeds.map((seed) => jitterMs(60 * minute, seed));
    for (let sixth = 0; sixth < 6; sixth++) expect(spread.filter((ms) => Math.floor(ms / 10_000) === sixth).length).toBeGreaterThan(10);
  });
});

describe('the breaker of a provider', () => {
  it('QUOTA-04 a reported reset is waited for, plus jitter', () => {
    const breaker = openBreaker({ ...quota, untilMs: now + 3 * 60 * minute }, now, 'r');
    expect(breaker).toMatchObject({ class: 'quota', source: 'reported', openedMs: now, failedTrials: 0 });
    expect(waitOf(breaker)).toBeGreaterThanOrEqual(3 * 60 * minute);
    expect(waitOf(breaker)).toBeLessThanOrEqual(3 * 60 * minute + minute);
  });

  it('QUOTA-04 without a reset one trial after 5, 10, 20, 40, then every 60 minutes', () => {
    let breaker = openBreaker(quota, now, 'r');
    const waits = [waitOf(breaker)!];
    for (let i = 1; i < 7; i++) {
      const at: number = breaker.untilMs!;
      breaker = trialFailed(breaker, quota, at, 'r');
      waits.push(waitOf(breaker, at)!);
    }
    expect(waits.map((wait) => Math.floor(wait / minute / 5) * 5)).toEqual([5, 10, 20, 40, 60, 60, 60]);
    expect(breaker).toMatchObject({ source: 'estimated', failedTrials: 6, openedMs: now });
  });

  it('QUOTA-04 a reset that is over already is tried after 10 seconds and a minute, then as if none were told', () => {
    let breaker = openBreaker({ ...quota, untilMs: now - 1 }, now, 'r');
    const waits = [waitOf(breaker)!];
    for (let i = 1; i < 5; i++) {
      const at: number = breaker.untilMs!;
      breaker = trialFailed(breaker, { ...quota, untilMs: now - 1 }, at, 'r');
      waits.push(waitOf(breaker, at)!);
    }
    for (const [i, least] of [10_000, minute, 5 * minute, 10 * minute, 20 * minute].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(least);
      expect(waits[i]).toBeLessThanOrEqual(least * 1.1);
    }
    expect(breaker).toMatchObject({ source: 'estimated', failedTrials: 4 });
    // A told reset that was cut to its minute.
    const early = trialFailed(openBreaker({ ...quota, untilMs: now + 1000 }, now, 'r'), { ...quota, untilMs: now }, now + 1100, 'r');
    expect(waitOf(early, now + 1100)).toBeLessThan(minute + 6001);
  });

  it('RATE-02 a 429 waits as long as it asks, else from 2 s up to 5 minutes', () => {
    expect(waitOf(openBreaker({ class: 'rate', message: '429', untilMs: now + 7000 }, now, 'r'))).toBeGreaterThanOrEqual(7000);
    let breaker = openBreaker({ class: 'rate', message: '429' }, now, 'r');
    const waits = [waitOf(breaker)!];
    for (let i = 0; i < 9; i++) {
      breaker = trialFailed(breaker, { class: 'rate', message: '429' }, now, 'r');
      waits.push(waitOf(breaker)!);
    }
    expect(waits[0]).toBeLessThan(2500);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(5 * minute);
    expect(waits.slice(0, 8)).toEqual(waits.slice(0, 8).sort((a, b) => a - b));
  });

  it('QUOTA-01 no time ends a wait for credentials', () => {
    const breaker = openBreaker({ class: 'auth', message: 'log in', untilMs: now + 5 }, now, 'r');
    expect([breaker.untilMs, breaker.source]).toEqual([undefined, undefined]);
  });

  it.each<[string, Hit, Hit, 'first' | 'second']>([
    ['the same again tells nothing new', quota, quota, 'first'],
    ['a known reset beats a guess', quota, { ...quota, untilMs: now + minute }, 'second'],
    ['a later reset beats an earlier one', { ...quota, untilMs: now + minute }, { ...quota, untilMs: now + 90 * minute }, 'second'],
    ['an earlier one does not', { ...quota, untilMs: now + 90 * minute }, { ...quota, untilMs: now + minute }, 'first'],
    ['a quota beats a rate', { class: 'rate', message: '429' }, quota, 'second'],
    ['a rate does not beat a quota', quota, { class: 'rate', message: '429', untilMs: now + 900 * minute }, 'first'],
    ['refused credentials beat a quota', quota, { class: 'auth', message: 'no' }, 'second'],
    ['a quota does not beat refused credentials', { class: 'auth', message: 'no' }, { ...quota, untilMs: now + minute }, 'first'],
  ])('QUOTA-02 of failures that were under way together: %s', (_, one, two, wins) => {
    const before = openBreaker(one, now, 'r');
    const after = joinBreaker(before, two, now + 5, 'r');
    if (wins === 'first') expect(after).toBe(before);
    else expect([after.class, after.openedMs, after.failedTrials, after.source]).toEqual([two.class, now, 0, openBreaker(two, now, 'r').source]);
  });

  it('QUOTA-04 another kind of refusal at a trial starts its own count', () => {
    const twice = trialFailed(openBreaker(quota, now, 'r'), quota, now, 'r');
    expect(trialFailed(twice, { class: 'rate', message: '429' }, now, 'r')).toMatchObject({ class: 'rate', failedTrials: 0 });
  });

  it('a refusal comes early: soon a trial counts as served', () => {
    expect(trialGraceMs('rate')).toBeLessThan(trialGraceMs('quota'));
    expect(trialGraceMs('quota')).toBe(trialGraceMs('auth'));
  });
});

describe('waits for passing trouble', () => {
  it('RETRY-06 three times, longer each time, or as long as asked; then the failure is the result', () => {
    expect([0, 1, 2, 3].map((waited) => briefWaitMs(waited))).toEqual([1000, 3000, 9000, undefined]);
    expect(briefWaitMs(0, 20_000)).toBe(20_000);
    expect(briefWaitMs(2, 500)).toBe(9000);
    expect(briefWaitMs(0, 600_000)).toBe(1000);
  });
});
