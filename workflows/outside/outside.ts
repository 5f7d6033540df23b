import {
  allHandlersFinished,
  CancellationScope,
  defineSignal,
  defineUpdate,
  patched,
  setHandler,
  sleep as engineSleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Arrival, Batch, Continuation } from '../../schemas/continuation.ts';
import type { Json } from '../../schemas/json.ts';
import { resetGuard } from '../sandbox/guard.ts';
import { errorOf, PlayMismatch, shownError } from './errors.ts';
import { quiet } from './quiet.ts';

/** When a run goes on in a new execution. */
export interface SwitchLimits {
  /** From here on as soon as nothing is under way: events, bytes. */
  soft: [number, number];
  /** From here on nothing more is asked for until what is under way has ended: events, bytes. */
  hard: [number, number];
}

/** A request, timer or message of a run that is still open. */
interface Request {
  as: string;
  resolve: (value: Json | undefined) => void;
  reject: (error: Error) => void;
}

interface Timer {
  /** Resolves when the time is over; never after {@link Timer.cancel}. */
  done: Promise<void>;
  cancel(): void;
}

interface Responder {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

type Handler = (...args: Json[]) => unknown;

export interface Beginning {
  limits: SwitchLimits;
  /** What earlier executions of the run took in. */
  carried?: { continuation: Continuation; batches: Batch[] } | undefined;
  /** Journal events so far. */
  events: () => number;
}

/**
 * Everything that reaches a run from outside goes through here: answers of activities, ends of timers, signals and updates. It is handed to the
 * run in batches, each only when the one before has had all its effects, and noted. So a run is the same whenever the same batches are played:
 * that is how a run whose history has grown too long goes on in a new execution, and stands there where it stood (docs/internals/changing-workflows.md).
 * One per execution: every run has a sandbox of its own.
 */
class Outside {
  private mode: 'playing' | 'live' | 'draining' = 'live';
  private inbox: Arrival[] = [];
  private readonly requests = new Map<number, Request>();
  /** What may not be sent yet, by number of the request. */
  private readonly held = new Map<number, () => void>();
  private readonly handlers = new Map<string, Handler>();
  private readonly responders = new WeakMap<Arrival, Responder>();
  private readonly changes = new Map<string, boolean>();
  private batches: Batch[] = [];
  private asked = 0;
  private underWay = 0;
  private staying = false;
  private startedMs = 0;
  private executions = 0;

  /** Grows with each batch that reached the run. */
  get turn(): number {
    return this.batches.length;
  }

  /** True while the run is only brought to where it stood: then it tells nobody what it told before. */
  get playing(): boolean {
    return this.mode === 'playing';
  }

  /**
   * Starts to hand out what comes in.
   *
   * @returns `live` resolves once the run stands where it stood; `leave` once it is to go on in a new execution, with what that needs,
   * and rejects with {@link PlayMismatch} when the run does not come to where it stood
   */
  begin({ limits, carried, events }: Beginning): { live: Promise<void>; leave: Promise<{ continuation: Continuation; batches: Batch[] }> } {
    this.startedMs = carried?.continuation.startedMs ?? Date.now();
    if (carried) {
      this.mode = 'playing';
      this.executions = carried.continuation.executions + 1;
      for (const [id, answer] of Object.entries(carried.continuation.changes)) this.changes.set(id, answer);
    }
    let isLive = () => {};
    const live = carried ? new Promise<void>((resolve) => (isLive = resolve)) : Promise.resolve();
    const leave = CancellationScope.nonCancellable(async () => {
      if (carried) await this.play(carried.batches, carried.continuation, events);
      isLive();
      await this.receive(limits);
      const continuation: Continuation = {
        version: 1,
        startedMs: this.startedMs,
        executions: this.executions,
        events: events(),
        changes: Object.fromEntries(this.changes),
      };
      return { continuation, batches: this.batches };
    });
    return { live, leave };
  }

  /**
   * Asks for something outside and waits for the answer. An error comes back as a plain one, or as `CancelledFailure`.
   *
   * @param as names what is asked for; two requests may have the same name
   */
  answer<T>(as: string, ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const op = this.open(as, resolve as Request['resolve'], reject);
      this.send(op, () => {
        this.underWay++;
        ask().then(
          (value) => this.arrive(op, { op, as, value: value as Json }, 1),
          (error: unknown) => this.arrive(op, { op, as, error: shownError(error) }, 1),
        );
      });
    });
  }

  /** A durable timer. It goes on over a new execution with the time that is left. */
  timer(ms: number): Timer {
    const until = Date.now() + ms;
    const scope = new CancellationScope();
    let op = 0;
    const done = new Promise<void>((resolve, reject) => {
      op = this.open('timer', () => resolve(), reject);
      this.send(op, () => {
        scope
          .run(() => engineSleep(Math.max(1, until - Date.now())))
          .then(
            () => this.arrive(op, { op, as: 'timer' }, 0),
            (error: unknown) => this.arrive(op, { op, as: 'timer', error: shownError(error) }, 0),
          );
      });
    });
    const cancel = () => {
      this.requests.delete(op);
      this.held.delete(op);
      scope.cancel();
    };
    return { done, cancel };
  }

  /** Takes signals of a name. The handler runs when everything before it has had its effects. */
  onSignal<Args extends unknown[]>(name: string, handler: (...args: Args) => void): void {
    this.handlers.set(name, handler as unknown as Handler);
    setHandler(defineSignal<Json[]>(name), (...args) => void this.inbox.push({ message: name, args }));
  }

  /** Takes updates of a name, as {@link onSignal}. The handler must not wait for anything outside: a run that is about to go on in a new execution waits for it. */
  onUpdate<Args extends unknown[], Result>(name: string, handler: (...args: Args) => Result | Promise<Result>, validator?: (...args: Args) => void): void {
    this.handlers.set(name, handler as unknown as Handler);
    const receive = (...args: Json[]) =>
      new Promise((resolve, reject) => {
        const arrival = { message: name, args };
        this.responders.set(arrival, { resolve, reject });
        this.inbox.push(arrival);
      });
    setHandler(defineUpdate<unknown, Json[]>(name), receive, validator ? { validator: validator as unknown as (...args: Json[]) => void } : {});
  }

  /**
   * Whether this run was begun by code that has a change of the workflow (`patched` of the SDK, for the whole run: the first answer holds,
   * also in later executions).
   */
  changed(id: string): boolean {
    const known = this.changes.get(id);
    if (known !== undefined) return known;
    // What is being played was made by code that did not ask.
    const answer = this.playing ? false : patched(id);
    this.changes.set(id, answer);
    return answer;
  }

  /** The run is about to end: it does not go on in another execution, and what was held back for one is let go. */
  stay(): void {
    this.staying = true;
    if (this.mode === 'draining') this.goLive();
  }

  private open(as: string, resolve: Request['resolve'], reject: Request['reject']): number {
    const op = ++this.asked;
    this.requests.set(op, { as, resolve, reject });
    return op;
  }

  private send(op: number, now: () => void): void {
    if (this.mode === 'live') return now();
    // Sent later, but in the scope of whoever asked.
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    void gate.then(now);
    this.held.set(op, open);
  }

  private goLive(): void {
    this.mode = 'live';
    const opened = [...this.held.values()];
    this.held.clear();
    for (const open of opened) open();
  }

  private arrive(op: number, arrival: Arrival, ended: number): void {
    this.underWay -= ended;
    if (this.requests.has(op)) this.inbox.push(arrival);
  }

  private async play(batches: Batch[], { startedMs, events: told }: Continuation, events: () => number): Promise<void> {
    const clock = (globalThis as unknown as { __TEMPORAL_ACTIVATOR__: { now: number } }).__TEMPORAL_ACTIVATOR__;
    const now = clock.now;
    clock.now = startedMs;
    for (const batch of batches) {
      await quiet(() => true);
      clock.now = batch.t;
      this.take(batch);
    }
    await quiet(() => true);
    if (events() !== told) throw new PlayMismatch(`it made ${events()} events where it had made ${told}`);
    clock.now = now;
    this.goLive();
  }

  private async receive(limits: SwitchLimits): Promise<void> {
    const mayLeave = () => !this.staying && this.underWay === 0 && reached(limits.soft) && allHandlersFinished();
    for (;;) {
      await quiet(() => this.inbox.length > 0 || mayLeave());
      if (this.inbox.length === 0) return;
      const items = this.inbox;
      this.inbox = [];
      if (this.mode === 'live' && !this.staying && reached(limits.hard)) this.mode = 'draining';
      this.take({ t: Date.now(), items });
    }
  }

  private take(batch: Batch): void {
    resetGuard();
    this.batches.push(batch);
    for (const arrival of batch.items) {
      if ('message' in arrival) this.handle(arrival);
      else this.settle(arrival);
    }
  }

  private settle(arrival: Exclude<Arrival, { message: string }>): void {
    const request = this.requests.get(arrival.op);
    const known = arrival.op <= this.asked && (!request || request.as === arrival.as);
    if (!known) throw new PlayMismatch(`request ${arrival.op} was "${arrival.as}", now it is ${request ? `"${request.as}"` : 'not made'}`);
    // A timer that was cancelled in the meantime.
    if (!request) return;
    this.requests.delete(arrival.op);
    this.held.delete(arrival.op);
    if (arrival.error) request.reject(errorOf(arrival.error));
    else request.resolve(arrival.value);
  }

  private handle(arrival: Extract<Arrival, { message: string }>): void {
    const responder = this.responders.get(arrival);
    const handler = this.handlers.get(arrival.message);
    if (!handler) throw new PlayMismatch(`a message "${arrival.message}" is not known any more`);
    try {
      const result = handler(...arrival.args);
      if (responder) responder.resolve(result);
      else if (result instanceof Promise) result.catch(() => {});
    } catch (error) {
      // An update is answered with it. Nobody waits for the outcome of a signal.
      responder?.reject(error);
    }
  }
}

function reached([events, bytes]: [number, number]): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength >= events || historySize >= bytes;
}

export const outside = new Outside();
