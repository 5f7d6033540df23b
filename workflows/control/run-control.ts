import { wholeRun, type LiveState, type Park } from '../../schemas/run-control.ts';
import type { Semaphore } from '../../src/semaphore.ts';

/** One change of a run's state, as its journal tells it (RUN-01). */
export interface StateChange {
  from: LiveState;
  to: LiveState;
  reason: string;
  parked?: Park;
}

export interface RunControlDeps {
  permits: Semaphore;
  /** Told of each change of the run's state. */
  onState: (change: StateChange) => void;
  /** Told of each scope that is parked, or lifted (`park` undefined). */
  onPark: (scope: string, park: Park | undefined, reason: string) => void;
  /** Whether a parked run says so again when it waits for something else from now on. Asked only then. */
  tellsAnew: () => boolean;
  /** Resolves once a predicate over workflow state holds; costs nothing until then, and a cancel does not end it. */
  until: (predicate: () => boolean) => Promise<void>;
}

/** A dispatch waits until another of the same scope ends: as many as may run at once do, or those in flight may use up a budget. */
export interface NoRoom {
  room: string;
}

/** What keeps a dispatch from starting: a scope that is to be parked, a lack of room, or the end of the run (`never`). Undefined: nothing does. */
export type Verdict = Park | NoRoom | 'never' | undefined;

interface Waiter {
  who: unknown;
  /** Called with false when the wait is given up. */
  wake: (goOn: boolean) => void;
}

interface ParkedWaiter extends Waiter {
  scopes: () => readonly string[];
}

/**
 * Decides what of a run may start now, and knows the run's finer state. One per run. Every dispatch, of a first attempt or a retry,
 * holds a permit that it got from {@link admit}; whoever has to wait for a person, a reset or room holds none.
 * Nothing here writes to history, and a run that is neither paused nor parked pays one comparison for each dispatch.
 */
export class RunControl {
  private current: LiveState = 'running';
  private admitted = 0;
  private pausedFor: string | undefined;
  private stopReason: string | undefined;
  /** The scope that the run was last said to be parked for. */
  private named: string | undefined;
  private readonly parks = new Map<string, Park>();
  private waiting: ParkedWaiter[] = [];
  private readonly forRoom = new Map<string, Waiter[]>();
  private readonly unpauseHooks: (() => void)[] = [];
  private following = false;

  constructor(private readonly deps: RunControlDeps) {}

  get state(): LiveState {
    return this.current;
  }

  /** Set once the run is to end: nothing more is dispatched. */
  get stopping(): boolean {
    return this.stopReason !== undefined;
  }

  /** Dispatches that hold a permit now. */
  get inFlight(): number {
    return this.admitted;
  }

  /** What is parked now, by scope. */
  get parked(): ReadonlyMap<string, Park> {
    return this.parks;
  }

  /**
   * Resolves when a dispatch may start; it then holds a permit until {@link leave}. Never resolves once the run is stopping.
   * False when it was given up by {@link drop}: then it holds none.
   *
   * @param scopes what the dispatch falls under; asked only while something is parked
   * @param check has the last word, asked with the permit in hand
   * @param who names the dispatch, for {@link drop}
   */
  async admit(scopes: () => readonly string[], check?: () => Verdict, who?: unknown): Promise<boolean> {
    for (let waitedFor: string | undefined; ;) {
      if (!(await this.deps.permits.acquire(who))) {
        if (waitedFor !== undefined) this.wakeOneForRoom(waitedFor);
        return false;
      }
      const verdict = this.isClosed(scopes) ? 'never' : check?.();
      if (verdict === undefined) {
        this.admitted++;
        if (waitedFor !== undefined) this.wakeOneForRoom(waitedFor);
        return true;
      }
      this.deps.permits.release();
      const room = typeof verdict === 'object' && 'room' in verdict ? verdict.room : undefined;
      if (waitedFor !== undefined && waitedFor !== room) this.wakeOneForRoom(waitedFor);
      if (room !== undefined) {
        const first = waitedFor === room;
        waitedFor = room;
        if (!(await this.untilRoom(room, first, who))) return false;
        continue;
      }
      waitedFor = undefined;
      if (typeof verdict === 'object') this.park(verdict as Park);
      // The park may have been lifted already, by whoever is told of it.
      if (this.isClosed(scopes) && !(await new Promise<boolean>((wake) => this.waiting.push({ who, scopes, wake })))) return false;
    }
  }

  /**
   * Ends what {@link admit} began.
   *
   * @param scopes those in which there may be room now
   */
  leave(scopes: readonly string[] = [wholeRun]): void {
    this.admitted--;
    this.deps.permits.release();
    if (this.forRoom.size > 0) for (const scope of scopes) this.wakeOneForRoom(scope);
  }

  /** There may be room in a scope now. One at a time: it looks whether there is, and wakes the next when there was. */
  wakeOneForRoom(scope: string): void {
    const queue = this.forRoom.get(scope);
    const next = queue?.shift();
    if (queue?.length === 0) this.forRoom.delete(scope);
    next?.wake(true);
  }

  /** Gives up a dispatch that waits to start, wherever it waits. False when it does not. */
  drop(who: unknown): boolean {
    if (this.deps.permits.drop(who)) return true;
    for (const queue of [this.waiting, ...this.forRoom.values()]) {
      const at = queue.findIndex((one) => one.who === who);
      if (at < 0) continue;
      const [waiter] = queue.splice(at, 1);
      waiter?.wake(false);
      return true;
    }
    return false;
  }

  private async untilRoom(scope: string, first: boolean, who: unknown): Promise<boolean> {
    return new Promise<boolean>((wake) => {
      const queue = this.forRoom.get(scope) ?? [];
      if (first) queue.unshift({ who, wake });
      else queue.push({ who, wake });
      this.forRoom.set(scope, queue);
    });
  }

  /** Lets running nodes end and starts nothing more (CTRL-01). False when the run is paused already, or ends. */
  pause(reason: string): boolean {
    if (this.pausedFor !== undefined || this.stopping) return false;
    this.pausedFor = reason;
    this.follow(reason);
    return true;
  }

  /**
   * Goes on, from a pause and from everything that is parked (CTRL-02). False when there was nothing to lift.
   *
   * @param keep scopes that stay parked
   */
  unpause(reason: string, keep?: ReadonlyMap<string, unknown>): boolean {
    const lifted = [...this.parks.keys()].filter((scope) => !keep?.has(scope));
    if (this.stopping || (this.pausedFor === undefined && lifted.length === 0)) return false;
    this.pausedFor = undefined;
    for (const scope of lifted) this.lift(scope, reason);
    for (const hook of this.unpauseHooks) hook();
    this.wakeOpen();
    this.follow(reason);
    return true;
  }

  /** Calls back each time a person lets the run go on, after everything was lifted and before anything starts. */
  onUnpause(hook: () => void): void {
    this.unpauseHooks.push(hook);
  }

  /** Keeps the nodes of a scope from starting; running ones end. Another park of the same scope replaces the one before. */
  park(park: Park): void {
    if (this.stopping) return;
    this.parks.set(park.scope, park);
    this.deps.onPark(park.scope, park, park.reason);
    this.follow(park.reason);
  }

  /** Lets the nodes of a scope start again. False when it was not parked. */
  unpark(scope: string, reason = 'lifted'): boolean {
    if (!this.lift(scope, reason)) return false;
    this.wakeOpen();
    this.follow(reason);
    return true;
  }

  /** Asks those that wait once more: what they fall under has changed. */
  recheck(): void {
    this.wakeOpen();
  }

  /** The run is to end: whoever waits to start waits for ever. */
  stop(reason: string): void {
    this.stopReason ??= reason;
    this.settle(reason);
  }

  /** The run has ended by {@link stop}. */
  stopped(): void {
    this.change('stopped', this.stopReason ?? 'cancelled');
  }

  private lift(scope: string, reason: string): boolean {
    if (!this.parks.delete(scope)) return false;
    this.deps.onPark(scope, undefined, reason);
    return true;
  }

  private get isOpen(): boolean {
    return this.pausedFor === undefined && this.parks.size === 0 && this.stopReason === undefined;
  }

  private isClosed(scopes: () => readonly string[]): boolean {
    if (this.isOpen) return false;
    return this.pausedFor !== undefined || this.stopping || scopes().some((scope) => this.parks.has(scope));
  }

  // In the order in which they came, each back to the end of the queue for permits.
  private wakeOpen(): void {
    const open = this.waiting.filter((waiter) => !this.isClosed(waiter.scopes));
    this.waiting = this.waiting.filter((waiter) => this.isClosed(waiter.scopes));
    for (const { wake } of open) wake(true);
  }

  private derive(): LiveState {
    if (this.stopping) return 'stopping';
    if (this.pausedFor !== undefined) return this.admitted > 0 ? 'pausing' : 'paused';
    return this.parks.size > 0 && this.admitted === 0 && this.allWait() ? 'parked' : 'running';
  }

  private allWait(): boolean {
    return this.parks.has(wholeRun) || (this.waiting.length > 0 && this.waiting.every(({ scopes }) => this.isClosed(scopes)));
  }

  private settle(reason: string): void {
    const next = this.derive();
    if (this.current === 'stopped') return;
    if (next !== this.current || (next === 'parked' && this.isOutdated())) this.change(next, reason);
  }

  // What the run is said to wait for was lifted, and it waits for something else.
  private isOutdated(): boolean {
    return this.named !== undefined && !this.parks.has(this.named) && this.deps.tellsAnew();
  }

  private change(to: LiveState, reason: string): void {
    const from = this.current;
    this.current = to;
    const parked = to === 'parked' ? (this.parks.get(wholeRun) ?? [...this.parks.values()][0]) : undefined;
    this.named = parked?.scope;
    this.deps.onState({ from, to, reason: parked?.reason ?? reason, ...(parked ? { parked } : {}) });
  }

  // While something holds nodes back, the state depends on what still runs; once nothing does, it is running and stays so.
  private follow(reason: string): void {
    this.settle(reason);
    if (this.following || this.isOpen) return;
    this.following = true;
    const watch = async () => {
      while (!this.isOpen && !this.stopping) {
        await this.deps.until(() => this.isOpen || this.stopping || this.derive() !== this.current);
        this.settle(this.pausedFor ?? 'settled');
      }
    };
    void watch().finally(() => (this.following = false));
  }
}
