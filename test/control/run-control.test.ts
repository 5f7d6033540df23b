import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../src/semaphore.ts';
import { RunControl, type StateChange } from '../../workflows/control/run-control.ts';

// What Temporal's condition() does, as far as this needs it: looks again whenever everything has settled.
class Conditions {
  private waiting: { predicate: () => boolean; resolve: () => void }[] = [];

  until = (predicate: () => boolean): Promise<void> => new Promise((resolve) => this.waiting.push({ predicate, resolve }));

  async settle(): Promise<void> {
    for (let again = true; again;) {
      await new Promise((resolve) => setImmediate(resolve));
      const open = this.waiting.filter(({ predicate }) => predicate());
      this.waiting = this.waiting.filter((one) => !open.includes(one));
      for (const { resolve } of open) resolve();
      again = open.length > 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function make(limit: number) {
  const states: StateChange[] = [];
  const parks: string[] = [];
  const started: string[] = [];
  const conditions = new Conditions();
  const permits = new Semaphore(limit);
  const control = new RunControl({
    permits,
    until: conditions.until,
    tellsAnew: () => true,
    onState: (change) => void states.push(change),
    onPark: (scope, park, reason) => void parks.push(park ? `park ${scope} ${reason}` : `unpark ${scope} ${reason}`),
  });
  const dispatch = (name: string, scopes = ['run']) => void control.admit(() => scopes).then(() => started.push(name));
  return { control, permits, states, parks, started, dispatch, settle: () => conditions.settle() };
}

const walk = (states: StateChange[]) => states.map(({ from, to, reason }) => `${from}>${to} ${reason}`);

describe('RunControl', () => {
  it('admits as many as there are permits, in the order in which they came', async () => {
    const { control, started, dispatch, settle, states } = make(2);
    for (const name of ['a', 'b', 'c', 'd']) dispatch(name);
    await settle();
    expect(started).toEqual(['a', 'b']);
    control.leave();
    await settle();
    expect(started).toEqual(['a', 'b', 'c']);
    expect(states).toEqual([]);
  });

  it('CTRL-01 starts nothing while it is paused, and is paused once the last running node has ended', async () => {
    const { control, started, dispatch, settle, states } = make(3);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) dispatch(name);
    await settle();
    expect(control.pause('asked')).toBe(true);
    expect(control.pause('asked')).toBe(false);
    for (let ended = 0; ended < 3; ended++) {
      expect(control.state).toBe('pausing');
      control.leave();
      await settle();
    }
    expect(control.state).toBe('paused');
    expect(started).toEqual(['a', 'b', 'c']);
    expect(walk(states)).toEqual(['running>pausing asked', 'pausing>paused asked']);
  });

  it('CTRL-02 goes on in the order in which the nodes had come', async () => {
    const { control, started, dispatch, settle, states } = make(2);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) dispatch(name);
    await settle();
    control.pause('asked');
    control.leave();
    control.leave();
    await settle();
    dispatch('late');
    await settle();
    expect(control.unpause('asked')).toBe(true);
    expect(control.unpause('asked')).toBe(false);
    for (let ended = 0; ended < 6; ended++) {
      await settle();
      control.leave();
    }
    await settle();
    expect(started).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'late']);
    expect(walk(states).at(-1)).toBe('paused>running asked');
  });

  it('holds no permit while it waits', async () => {
    const { control, permits, dispatch, settle } = make(1);
    control.park({ reason: 'quota', scope: 'provider:a' });
    dispatch('held', ['run', 'provider:a']);
    await settle();
    let got = false;
    void permits.acquire().then(() => (got = true));
    await settle();
    expect(got).toBe(true);
  });

  it('keeps only the nodes of a parked scope back, and is parked once nothing else can run', async () => {
    const { control, started, dispatch, settle, states, parks } = make(4);
    control.park({ reason: 'quota', scope: 'provider:a', until: '2030-01-01T00:00:00.000Z' });
    dispatch('a', ['run', 'provider:a']);
    dispatch('b', ['run', 'provider:b']);
    await settle();
    expect([started, control.state]).toEqual([['b'], 'running']);
    control.leave();
    await settle();
    expect(states).toEqual([
      { from: 'running', to: 'parked', reason: 'quota', parked: { reason: 'quota', scope: 'provider:a', until: '2030-01-01T00:00:00.000Z' } },
    ]);
    dispatch('c', ['run', 'provider:b']);
    await settle();
    expect(control.state).toBe('running');
    control.leave();
    await settle();
    expect(control.unpark('provider:a', 'reset')).toBe(true);
    expect(control.unpark('provider:a', 'reset')).toBe(false);
    await settle();
    expect(started).toEqual(['b', 'c', 'a']);
    expect(control.state).toBe('running');
    expect(parks).toEqual(['park provider:a quota', 'unpark provider:a reset']);
  });

  it('lifts a pause and every park when a person lets it go on, and tells who asked to know', async () => {
    const { control, started, dispatch, settle } = make(2);
    let told = 0;
    control.onUnpause(() => told++);
    control.pause('asked');
    control.park({ reason: 'limit', scope: 'run', fix: 'odw limits' });
    control.park({ reason: 'auth', scope: 'provider:a' });
    dispatch('a', ['run', 'provider:a']);
    await settle();
    expect([control.state, started, control.parked.size]).toEqual(['paused', [], 2]);
    control.unpause('asked');
    await settle();
    expect([control.state, started, told, control.parked.size]).toEqual(['running', ['a'], 1, 0]);
  });

  it('LIMIT-02 goes on but for the scopes that are to stay, and says what it waits for now', async () => {
    const { control, started, dispatch, settle, states, parks } = make(2);
    control.park({ reason: 'quota', scope: 'provider:a' });
    control.park({ reason: 'limit', scope: 'phase:B', code: 'LIMIT_TOKENS' });
    dispatch('b', ['run', 'phase:B']);
    await settle();
    const keep = new Map([['phase:B', 'still reached']]);
    expect([control.unpause('asked', keep), control.unpause('asked', keep)]).toEqual([true, false]);
    await settle();
    expect([control.state, started, [...control.parked.keys()]]).toEqual(['parked', [], ['phase:B']]);
    expect(states.map(({ from, to, parked }) => `${from}>${to} ${parked?.scope}`)).toEqual(['running>parked provider:a', 'parked>parked phase:B']);
    control.pause('asked');
    expect([control.unpause('asked', keep), control.state]).toEqual([true, 'parked']);
    control.unpause('asked');
    await settle();
    expect([control.state, started]).toEqual(['running', ['b']]);
    expect(parks.slice(2)).toEqual(['unpark provider:a asked', 'unpark phase:B asked']);
  });

  it('RUN-01 walks through its states, one change at a time', async () => {
    const { control, dispatch, settle, states } = make(1);
    dispatch('a');
    await settle();
    control.pause('asked');
    control.leave();
    await settle();
    control.unpause('asked');
    control.park({ reason: 'limit', scope: 'run' });
    await settle();
    control.unpark('run', 'raised');
    dispatch('b');
    await settle();
    control.stop('asked');
    control.stop('again');
    control.stopped();
    await settle();
    expect(walk(states)).toEqual([
      'running>pausing asked',
      'pausing>paused asked',
      'paused>running asked',
      'running>parked limit',
      'parked>running raised',
      'running>stopping asked',
      'stopping>stopped asked',
    ]);
    for (let at = 1; at < states.length; at++) expect(states[at]?.from).toBe(states[at - 1]?.to);
  });

  it('starts nothing once it is stopping, whatever is asked of it', async () => {
    const { control, started, dispatch, settle } = make(1);
    control.stop('cancelled');
    dispatch('a');
    await settle();
    expect([control.pause('asked'), control.unpause('asked')]).toEqual([false, false]);
    control.park({ reason: 'limit', scope: 'run' });
    control.unpark('run');
    await settle();
    expect([started, control.state, control.stopping]).toEqual([[], 'stopping', true]);
  });

  it('shows no state that lasts for less than a moment, when a thousand nodes find it closed', async () => {
    const { control, started, dispatch, settle, states } = make(1);
    dispatch('first', ['run', 'provider:b']);
    for (let n = 0; n < 1000; n++) dispatch(`held ${n}`, ['run', 'provider:a']);
    dispatch('last', ['run', 'provider:b']);
    await settle();
    control.park({ reason: 'rate', scope: 'provider:a' });
    control.leave();
    await settle();
    expect(started).toEqual(['first', 'last']);
    expect(states).toEqual([]);
  });

  it('LIMIT-01 who finds no room in a scope waits for that scope alone, in order, and holds no permit', async () => {
    const { control, permits, settle } = make(2);
    const started: string[] = [];
    const running: Record<string, number> = { a: 0, b: 0 };
    const narrow = (name: string, scope: string) =>
      void control
        .admit(
          () => ['run'],
          () => (running[scope]! >= 1 ? { room: scope } : void running[scope]!++),
        )
        .then(() => started.push(name));
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) narrow(name, name[0] as string);
    await settle();
    expect([started, control.inFlight]).toEqual([['a1', 'b1'], 2]);
    const leave = async (scope: string) => {
      running[scope]!--;
      control.leave(['run', scope]);
      await settle();
    };
    await leave('b');
    expect(started).toEqual(['a1', 'b1', 'b2']);
    await leave('a');
    expect(started.at(-1)).toBe('a2');
    running['a'] = -1;
    control.wakeOneForRoom('a');
    permits.setLimit(3);
    await settle();
    expect(started).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
  });
});
