import { describe, expect, it } from 'vitest';
import { holdFailure } from '../../activities/run-node/hold.ts';
import type { NodeFailure, NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { request } from '../node/support.ts';

const now = Date.UTC(2026, 10, 21, 12);
const asks = (hold?: NodeRequest['hold']) => request('/project', hold === undefined ? {} : { hold });

/** A failure that the executor itself reported. */
function refused(category: string, failure: Partial<NodeFailure> = {}, change: Partial<NodeOutcome> = {}): NodeOutcome {
  return {
    ...{ status: 'failed', value: null, isText: false, tokens: 5, taken: 'started', events: [] },
    failure: { category, message: 'no', retryable: true, ...failure },
    report: { ok: false, error: { category, message: 'no' } },
    ...change,
  };
}

describe('a failure that is its provider’s', () => {
  it.each([
    ['quota', 'provider', 'quota'],
    ['rate_limit', 'provider', 'rate'],
    ['auth', 'provider', 'auth'],
    ['quota', 'all', 'quota'],
    ['overloaded', 'all', 'overloaded'],
    ['network', 'all', 'network'],
  ] as const)('QUOTA-03 of the category %s is held where the run holds "%s"', (category, hold, kind) => {
    const outcome = refused(category);
    expect(holdFailure(asks(hold), outcome, 'acc1', now)).toEqual({ ...outcome, held: { class: kind, account: 'acc1' } });
    expect(holdFailure(asks(hold), outcome, undefined, now).held).toEqual({ class: kind });
  });

  it.each([
    ['quota', undefined],
    ['overloaded', 'provider'],
    ['network', 'provider'],
    ['agent_failed', 'all'],
    ['schema_mismatch', 'all'],
    ['invalid_request', 'all'],
    ['budget', 'all'],
    // Scripts of odw 0.3.1 decide on these themselves (FAIL-02).
    ['codexctl_rate_limit', 'all'],
    ['codexctl_auth', 'all'],
    ['constructor', 'all'],
  ] as const)('QUOTA-01 FAIL-02 of the category %s is the node’s result where the run holds %j', (category, hold) => {
    const outcome = refused(category);
    expect(holdFailure(asks(hold), outcome, 'acc1', now)).toBe(outcome);
  });

  it.each<[string, Partial<NodeOutcome>]>([
    ['an answer', { status: 'ok' }],
    ['a reply that does not fit its schema', { status: 'mismatch' }],
    ['an executor without a report', { report: undefined }],
    ['an agent that names its own failure "quota" in a report that went well', { report: { ok: true, error: { category: 'quota' } } }],
    ['a report that says another reason', { report: { ok: false, error: { category: 'agent_failed' } } }],
    ['a report without a reason', { report: { ok: false } }],
    ['a report whose error is a text', { report: { ok: false, error: 'quota' } }],
    ['a key that the environment does not have', { report: { ok: false, error: { category: 'quota', missing_env: true } } }],
  ])('QUOTA-01 %s stops nobody', (_, change) => {
    const outcome = refused('quota', {}, change);
    expect(holdFailure(asks('all'), outcome, 'acc1', now)).toBe(outcome);
  });

  it.each<[string, Partial<NodeFailure>, number | undefined]>([
    ['the time that it reports', { reset_at: '2026-11-21T15:00:00Z', retry_after_ms: 1, message: 'try again in 9 hours' }, now + 3 * 3_600_000],
    ['with an offset', { reset_at: '2026-11-21T15:00:00+02:00' }, now + 3_600_000],
    ['else the wait that it asks for', { retry_after_ms: 1500, message: 'try again in 9 hours' }, now + 1500],
    ['a wait of nothing', { retry_after_ms: 0, message: 'try again in 9 hours' }, now],
    ['a time that is no time is passed over', { reset_at: 'soon', retry_after_ms: 2000 }, now + 2000],
    ['else what its words say', { message: "You've hit your limit, try again in 2 hours 30 minutes" }, now + 2.5 * 3_600_000],
    ['in seconds since 1970', { message: 'usage limit reached|1795280400' }, 1_795_280_400_000],
    ['a clock time that is over today is tomorrow’s', { message: "You've hit your limit · resets 11am (UTC)" }, now + 23 * 3_600_000],
    ['else nothing', { message: 'limit reached' }, undefined],
    ['and nothing for a number that is no time', { message: 'try again at 3' }, undefined],
  ])('QUOTA-02 until when: %s', (_, failure, untilMs) => {
    expect(holdFailure(asks('provider'), refused('quota', failure), undefined, now).held?.untilMs).toBe(untilMs);
  });
});
