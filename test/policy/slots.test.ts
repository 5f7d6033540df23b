import { describe, expect, it } from 'vitest';
import { providerName } from '../../src/policy/provider-name.ts';
import { isRefused, mayStart, noSlots, queued, released, taken, throttled, type SlotEntry, type Slots } from '../../src/policy/slots.ts';

const now = 10_000_000;
const entry = (id: string, run = 'r', sinceMs = now, account = 'a'): SlotEntry => ({ id, run, account, sinceMs });
const holding = (...entries: SlotEntry[]): Slots => ({ ...noSlots(), holders: entries });

describe('the slots of a provider', () => {
  it('RATE-01 as many may start as the cap allows, over all runs', () => {
    const three = holding(entry('a', 'r1'), entry('b', 'r1'), entry('c', 'r2'));
    expect(mayStart(three, entry('d'), { concurrency: 4 }, now)).toBe(true);
    expect(mayStart(three, entry('d'), { concurrency: 3 }, now)).toBe(false);
    expect(mayStart(three, entry('d'), {}, now)).toBe(true);
    expect(taken(three, entry('d'), {}, now).holders).toHaveLength(4);
    expect(released(three, 'b', { kind: 'other' }, now).holders.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('RATE-01 as many may start in a minute as the cap allows', () => {
    let slots = noSlots();
    for (const id of ['a', 'b']) slots = released(taken(slots, entry(id), { perMinute: 2 }, now), id, { kind: 'served' }, now);
    expect(mayStart(slots, entry('c'), { perMinute: 2 }, now + 59_000)).toBe(false);
    expect(mayStart(slots, entry('c'), { perMinute: 2 }, now + 60_001)).toBe(true);
    expect(mayStart(slots, entry('c'), { perMinute: 3 }, now)).toBe(true);
  });

  it('RATE-01 a start of an account without such a cap leaves the minute of another as it is', () => {
    const caps = { accounts: { a: { perMinute: 1 } } };
    let slots = released(taken(noSlots(), entry('a1'), caps, now), 'a1', { kind: 'served' }, now);
    slots = taken(slots, entry('b1', 'r', now, 'b'), caps, now);
    expect(mayStart(slots, entry('a2'), caps, now + 59_000)).toBe(false);
    expect(mayStart(slots, entry('a2'), caps, now + 60_001)).toBe(true);
  });

  it('RATE-01 a cap of the provider counts all its accounts, one of an account that one alone; both hold', () => {
    const caps = { concurrency: 3, accounts: { work: { concurrency: 1 } } };
    const of = (id: string, account: string) => entry(id, 'r', now, account);
    const one = holding(of('w1', 'work'));
    expect([mayStart(one, of('w2', 'work'), caps, now), mayStart(one, of('h1', 'home'), caps, now)]).toEqual([false, true]);
    const three = holding(of('w1', 'work'), of('h1', 'home'), of('h2', 'home'));
    expect(mayStart(three, of('h3', 'home'), caps, now)).toBe(false);
    // Who waits for its account lets those of other accounts by.
    const waits = queued(one, of('w2', 'work'));
    expect(mayStart(waits, { ...of('h1', 'home'), sinceMs: now + 1 }, caps, now)).toBe(true);
    const minute = { accounts: { work: { perMinute: 1 } } };
    const started = released(taken(noSlots(), of('w1', 'work'), minute, now), 'w1', { kind: 'served' }, now);
    expect([mayStart(started, of('w2', 'work'), minute, now), mayStart(started, of('h1', 'home'), minute, now)]).toEqual([false, true]);
  });

  it('RATE-02 what one account is told holds no other back', () => {
    const eight = holding(...Array.from({ length: 8 }, (_, i) => entry(`h${i}`, 'r', now, i % 2 ? 'work' : 'home')));
    const after = released(eight, 'h1', { kind: 'rate', askedMs: 5000 }, now);
    expect(after.learnt['work']?.width).toMatchObject({ width: 2, ceiling: 4 });
    expect([mayStart(after, entry('x', 'r', now, 'work'), {}, now), mayStart(after, entry('x', 'r', now, 'home'), {}, now)]).toEqual([false, true]);
    const usedUp = released(eight, 'h1', { kind: 'quota' }, now + 5);
    expect([isRefused(usedUp, entry('x', 'r', now, 'work')), isRefused(usedUp, entry('x', 'r', now, 'home'))]).toEqual([true, false]);
  });

  it('RATE-03 those that wait go first; the run that uses the provider least goes before the others', () => {
    const caps = { concurrency: 2 };
    let slots = holding(entry('x', 'big'), entry('y', 'big'));
    for (const waiter of [entry('b1', 'big', now), entry('b2', 'big', now + 1), entry('s1', 'small', now + 2)]) slots = queued(slots, waiter);
    slots = released(slots, 'x', { kind: 'served' }, now);
    const may = (id: string, run: string, sinceMs: number) => mayStart(slots, entry(id, run, sinceMs), caps, now);
    expect([may('b1', 'big', now), may('b2', 'big', now + 1), may('s1', 'small', now + 2)]).toEqual([false, false, true]);
    expect(may('new', 'other', now + 3)).toBe(false);
    slots = taken(slots, entry('s1', 'small'), caps, now);
    slots = released(slots, 'y', { kind: 'served' }, now);
    expect([may('b1', 'big', now), may('b2', 'big', now + 1), may('new', 'big', now + 3)]).toEqual([true, false, false]);
  });

  it('RATE-03 who waits keeps its place when it says again that it waits', () => {
    const slots = queued(queued(queued(noSlots(), entry('a', 'r', now)), entry('b', 'r', now + 1)), entry('a', 'r', now + 2));
    expect(slots.waiting.map(({ id, sinceMs }) => [id, sinceMs])).toEqual([
      ['b', now + 1],
      ['a', now],
    ]);
    expect(mayStart({ ...slots, holders: [entry('h')] }, entry('a', 'r', now), { concurrency: 2 }, now)).toBe(true);
  });

  it('RATE-02 a 429 of one run narrows what all may use, and holds the next back as long as it asks', () => {
    const eight = holding(...Array.from({ length: 8 }, (_, i) => entry(`h${i}`, i % 2 ? 'a' : 'b')));
    const after = released(eight, 'h0', { kind: 'rate', askedMs: 5000 }, now + 10);
    expect(after.learnt['a']?.width).toMatchObject({ width: 4, ceiling: 8, notBeforeMs: now + 5010 });
    const idle = { ...after, holders: [] };
    expect(mayStart(idle, entry('n'), {}, now + 20)).toBe(false);
    expect(mayStart(idle, entry('n'), {}, now + 5010)).toBe(true);
    const four = { ...after, holders: after.holders.slice(0, 4) };
    expect(mayStart(four, entry('n'), {}, now + 6000)).toBe(false);
    expect(mayStart(four, entry('n'), {}, now + 11 * 60_000)).toBe(true);
  });

  it('RATE-02 a dispatch that is told to wait while it runs narrows at once, keeps its slot, and does not narrow again by its end', () => {
    const four = holding(...Array.from({ length: 4 }, (_, i) => entry(`h${i}`)));
    const after = throttled(four, 'h0', 60_000, now + 10);
    expect([after.holders.length, after.learnt['a']?.width]).toEqual([4, expect.objectContaining({ width: 2, notBeforeMs: now + 60_010 })]);
    // The others that were under way tell the same.
    const both = throttled(after, 'h1', 61_000, now + 20);
    expect(both.learnt['a']?.width).toMatchObject({ width: 2, notBeforeMs: now + 61_020 });
    expect(released(both, 'h0', { kind: 'rate' }, now + 61_000).learnt['a']?.width).toMatchObject({ width: 2 });
    expect(released(both, 'h0', { kind: 'served' }, now + 61_000).learnt['a']?.width).toMatchObject({ width: 2, successes: 1 });
    expect(throttled(four, 'nobody', 60_000, now)).toBe(four);
  });

  it('RATE-02 only a dispatch that had a slot narrows; a success widens', () => {
    expect(released(noSlots(), 'nobody', { kind: 'rate' }, now).learnt).toEqual({});
    const width = { width: 2, ceiling: 4, successes: 1, reducedMs: now - 1, notBeforeMs: 0 };
    const one = { ...holding(entry('a')), learnt: { a: { width } } };
    expect(released(one, 'a', { kind: 'served' }, now).learnt['a']?.width.width).toBe(3);
    expect(released(one, 'a', { kind: 'other' }, now).learnt['a']?.width).toEqual(width);
  });

  it('CTRL-02 a trial starts whatever others were told, and what it is told counts for them; only what the user set holds it back', () => {
    const refused = released(holding(entry('a')), 'a', { kind: 'rate', askedMs: 600_000 }, now);
    const trial = { ...entry('t', 'r', now + 1), trial: true };
    expect(mayStart(refused, entry('n'), {}, now + 1)).toBe(false);
    expect(mayStart(refused, trial, {}, now + 1)).toBe(true);
    expect(mayStart({ ...refused, holders: [entry('h')] }, trial, { concurrency: 1 }, now + 1)).toBe(false);
    const served = released(taken(refused, trial, {}, now + 1), 't', { kind: 'served' }, now + 2);
    expect(mayStart(served, entry('n'), {}, now + 2)).toBe(true);
  });

  it('QUOTA-02 who waits when the provider is used up is not sent; who comes later is', () => {
    const slots = released(holding(entry('a')), 'a', { kind: 'quota' }, now + 5);
    expect(isRefused(slots, entry('waited', 'r', now))).toBe(true);
    expect(isRefused(slots, entry('trial', 'r', now + 6))).toBe(false);
    expect(isRefused(noSlots(), entry('x'))).toBe(false);
  });
});

describe('the provider of a node', () => {
  it.each([
    [{ runtime: 'claude' }, 'claude'],
    [{ runtime: 'codex', provider: 'deepseek' }, 'codex'],
    [{ runtime: 'claude', gateway: 'zhipu' }, 'zhipu'],
    [{ runtime: 'bamboo', provider: 'deepseek' }, 'deepseek'],
    [{ runtime: 'bamboo' }, 'bamboo'],
    [{ runtime: 'acp', acpAgent: 'gemini' }, 'acp:gemini'],
    [{ runtime: 'acp' }, 'acp'],
  ])('RATE-01 of %j is %s', (facts, name) => {
    expect(providerName(facts)).toBe(name);
  });
});
