import { describe, expect, it } from 'vitest';
import { backoffMs, readRetryPolicy } from '../../src/node/retry.ts';

describe('the retry policy of a node', () => {
  it('RETRY-01 counts attempts from retry, else from maxAttempts, else one; nonsense is one, with a warning', () => {
    const attempts = (options: object) => readRetryPolicy(options, true).maxAttempts;
    expect([attempts({}), attempts({ maxAttempts: 3 }), attempts({ retry: { maxAttempts: 4 }, maxAttempts: 3 })]).toEqual([1, 3, 4]);
    for (const maxAttempts of [0, -1, NaN, 'many', {}, Infinity]) {
      const policy = readRetryPolicy({ maxAttempts }, true);
      expect([maxAttempts, policy.maxAttempts, policy.warnings.length]).toEqual([maxAttempts, 1, 1]);
    }
  });

  it('RETRY-04 waits 1 s, then twice as long, at most 30 s, between half and all of it', () => {
    const policy = readRetryPolicy({}, true);
    expect([2, 3, 4, 10].map((next) => backoffMs(policy, next, 1))).toEqual([1000, 2000, 4000, 30_000]);
    expect(backoffMs(policy, 2, 0)).toBe(500);
    for (const retry of [{}, { backoff: 5000 }, { backoff: { initialMs: 5000 } }]) expect(backoffMs(readRetryPolicy({ retry }, false), 2, 1)).toBe(0);
  });

  it('RETRY-04 takes a number of ms, or initialMs, factor, maxMs and jitter; other values are warned about', () => {
    const waits = (backoff: unknown) => [2, 3, 4].map((next) => backoffMs(readRetryPolicy({ retry: { backoff } }, true), next, 0));
    expect(waits(250)).toEqual([250, 250, 250]);
    expect(waits(0)).toEqual([0, 0, 0]);
    expect(waits({ initialMs: 100, factor: 3, maxMs: 500, jitter: false })).toEqual([100, 300, 500]);
    expect(waits({ initialMs: 100, factor: 1 })).toEqual([50, 50, 50]);
    expect(readRetryPolicy({ retry: { backoff: 'soon' } }, true).warnings).toEqual([expect.stringContaining('retry.backoff must be a number')]);
    expect(readRetryPolicy({ retry: { backoff: { factor: -1 } } }, true)).toMatchObject({
      factor: 2,
      warnings: [expect.stringContaining('retry.backoff.factor')],
    });
  });

  it('RETRY-05 retries only the categories that are named', () => {
    expect(readRetryPolicy({ retry: { retryWhen: ['network', 'overloaded'] } }, true).retryWhen).toEqual(['network', 'overloaded']);
    expect(readRetryPolicy({ retry: { retryWhen: 'network' } }, true)).toMatchObject({
      retryWhen: undefined,
      warnings: [expect.stringContaining('must be a list')],
    });
  });
});
