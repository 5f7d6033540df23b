import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Failure } from '../../pandacode/errors/failure.ts';
import { Watchdog, type WatchdogLimits } from '../../pandacode/run/watchdog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const minute = 60_000;

/** A watchdog on a clock that the test moves; says when it fired, in milliseconds from the start. */
function watched(limits: Partial<WatchdogLimits>, silent: 'network' | 'internal' = 'internal') {
  const startedMs = Date.now();
  const fired: { atMs: number; reason: Failure }[] = [];
  const all = { overallMs: null, idleMs: 0, firstEventMs: minute, ...limits };
  const watchdog = new Watchdog(all, startedMs, silent, (reason) => fired.push({ atMs: Date.now() - startedMs, reason }));
  return { watchdog, fired, firedAt: () => fired.map((one) => Math.round(one.atMs / minute)) };
}

const after = (minutes: number) => vi.advanceTimersByTime(minutes * minute);

describe('the watchdog', () => {
  it('PC-WD-03 PC-WD-04 an agent that says something in time is left alone; a silent one ends at the limit', () => {
    const { watchdog, fired, firedAt } = watched({ idleMs: 30 * minute });
    watchdog.childStarted();
    watchdog.touch();
    for (let round = 0; round < 10; round++) {
      after(29);
      watchdog.touch();
    }
    expect(fired).toEqual([]);
    after(29);
    expect(fired).toEqual([]);
    after(2);
    expect(firedAt()).toEqual([320]);
    expect(fired[0]!.reason).toMatchObject({ category: 'pandacode_timeout', retryable: true, message: expect.stringContaining('idle limit 1800000 ms') });
  });

  it('PC-WD-03 a tool may be silent four times as long, and the limit is the short one again when it is over', () => {
    const { watchdog, fired, firedAt } = watched({ idleMs: 30 * minute });
    watchdog.childStarted();
    watchdog.tool(1);
    after(40);
    expect(fired).toEqual([]);
    watchdog.tool(-1);
    after(31);
    expect(firedAt()).toEqual([70]);
  });

  it('PC-WD-03 of two open tools the limit stays long until the last is over', () => {
    const { watchdog, fired, firedAt } = watched({ idleMs: 10 * minute });
    watchdog.childStarted();
    watchdog.tool(1);
    watchdog.tool(1);
    watchdog.tool(-1);
    after(39);
    expect(fired).toEqual([]);
    after(2);
    expect(firedAt()).toEqual([40]);
  });

  it('PC-WD-03 an end of a tool that never began does not make the next tool count twice', () => {
    const { watchdog, firedAt } = watched({ idleMs: 10 * minute });
    watchdog.childStarted();
    watchdog.tool(-1);
    watchdog.tool(1);
    after(41);
    expect(firedAt()).toEqual([40]);
  });

  it('PC-WD-07 a child that says nothing within a minute is ended, by what its runtime usually waits for', () => {
    for (const silent of ['network', 'internal'] as const) {
      const { watchdog, fired } = watched({ idleMs: 30 * minute }, silent);
      watchdog.childStarted();
      after(1.1);
      expect(fired[0]!.reason).toMatchObject({ category: silent, retryable: true, message: 'the agent said nothing within 60000 ms of its start' });
      watchdog.close();
    }
  });

  it('PC-WD-07 each child of a run is waited for anew, and none after it is gone', () => {
    const { watchdog, fired } = watched({});
    watchdog.childStarted();
    after(0.9);
    watchdog.touch();
    after(5);
    watchdog.childEnded();
    after(5);
    expect(fired).toEqual([]);
    watchdog.childStarted();
    after(1.1);
    expect(fired).toHaveLength(1);
  });

  it('PC-WD-01 the overall limit counts from the start of the process, and holds between children too', () => {
    const { watchdog, fired, firedAt } = watched({ overallMs: 20 * minute, idleMs: 30 * minute });
    watchdog.childStarted();
    watchdog.touch();
    after(15);
    watchdog.childEnded();
    after(4);
    expect(fired).toEqual([]);
    after(2);
    expect(firedAt()).toEqual([20]);
    expect(fired[0]!.reason.message).toBe('the time limit of 1200000 ms is over');
  });

  it('PC-WD-01 PC-WD-03 PC-WD-07 no limit counts the hours that a machine slept, or by which its clock was set', () => {
    const limits = { overallMs: 90 * minute, idleMs: 30 * minute };
    for (const hours of [8, -8]) {
      const [{ watchdog, fired }, silent] = [watched(limits), watched({ ...limits, overallMs: null })];
      watchdog.childStarted();
      silent.watchdog.childStarted();
      silent.watchdog.touch();
      after(0.5);
      vi.setSystemTime(Date.now() + hours * 60 * minute);
      // Nothing is heard of the first for another quarter of a minute, so its minute is not over; then it says something every 20 minutes.
      after(0.25);
      expect([fired, silent.fired]).toEqual([[], []]);
      for (let round = 0; round < 4; round++) {
        watchdog.touch();
        after(20);
      }
      expect([fired.map(({ reason }) => reason.message), silent.fired.length]).toEqual([[], 1]);
      after(10);
      expect(fired.map(({ reason }) => reason.message)).toEqual(['the time limit of 5400000 ms is over']);
      watchdog.close();
      silent.watchdog.close();
    }
  });

  it('PC-WD-01 a limit longer than a timer of Node can be does not fire at once', () => {
    const { fired } = watched({ overallMs: 60 * 24 * 60 * minute });
    after(24 * 60);
    expect(fired).toEqual([]);
  });

  it('PC-WD-02 what happens after the end of a run starts no timer again', () => {
    const { watchdog, fired } = watched({ idleMs: minute });
    watchdog.close();
    watchdog.tool(1);
    watchdog.tool(-1);
    watchdog.childEnded();
    expect(vi.getTimerCount()).toBe(0);
    after(100);
    expect(fired).toEqual([]);
  });
});
