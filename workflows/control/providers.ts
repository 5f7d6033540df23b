import { ApplicationFailure } from '@temporalio/workflow';
import type { NodeOutcome } from '../../schemas/node.ts';
import { joinBreaker, openBreaker, trialFailed, trialGraceMs, type Breaker, type Hit } from '../../src/policy/breaker.ts';
import type { NodeCall } from '../node/call.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import { elsewhere, moveTo } from '../node/failover.ts';
import { placeOf } from '../scope.ts';
import { fixFor, parkMessage } from './provider-texts.ts';
import { providerScope, scopesOf } from './scopes.ts';

interface Closed {
  breaker: Breaker;
  account: string | undefined;
}

interface Open extends Closed {
  /** The one node that may start all the same, to see whether the provider serves again. */
  trial: NodeCall | undefined;
  /** Ends the timers of this breaker that are no longer wanted. */
  stopTimer: () => void;
  stopGrace: () => void;
  stopCap: () => void;
  /** From when on --max-park counts, epoch milliseconds; undefined when it passed while nobody waited: then it counts from who comes next. */
  waitedFromMs: number | undefined;
}

/**
 * The breakers of a run, one for each provider that refused (QUOTA-02): nothing more is sent to it, other providers' nodes go on, a durable
 * timer lets one node try at the reset, and the rest follows once that one is served. A run without a refusal pays two set operations per node.
 */
export class Providers {
  private readonly open = new Map<string, Open>();
  /** Breakers that closed because their trial was not refused at once, and no node was served since. */
  private readonly unproven = new Map<string, Closed>();
  /** Nodes that want to start, in the order in which they came. */
  private readonly wanting = new Map<string, Set<NodeCall>>();

  constructor(private readonly ctx: RunContext) {
    ctx.control.onUnpause(() => this.tryAll());
  }

  /** Whether a node is the one that tries whether its provider serves again. */
  isTrial(call: NodeCall): boolean {
    return this.open.get(call.service)?.trial === call;
  }

  /** The scopes of a node as they count now: a trial does not fall under its provider. */
  scopesOf(call: NodeCall): string[] {
    const scopes = scopesOf(call);
    return this.isTrial(call) ? scopes.filter((scope) => scope !== providerScope(call.service)) : scopes;
  }

  /** A node wants to start. */
  wants(call: NodeCall): void {
    if (this.open.size > 0) this.goElsewhere(call);
    this.enlist(call);
    const open = this.open.get(call.service);
    if (!open) return;
    // The time came while nobody was there to try.
    if (this.isDue(open)) this.tryOne(call.service);
    this.passTrialsOn();
    if (open.waitedFromMs !== undefined) return;
    open.waitedFromMs = Date.now();
    this.limitPark(call.service, open);
  }

  private enlist(call: NodeCall): void {
    let calls = this.wanting.get(call.service);
    if (!calls) this.wanting.set(call.service, (calls = new Set()));
    calls.add(call);
  }

  // QUOTA-07. Who comes when the provider is to be tried, or is being tried, waits for that.
  private goElsewhere(call: NodeCall): void {
    const open = this.open.get(call.service);
    if (open?.breaker.class !== 'quota' || open.trial || this.isDue(open)) return;
    const place = elsewhere(this.ctx, call).find(({ service }) => !this.open.has(service));
    if (!place) return;
    const before = call.key;
    const isWanting = this.wanting.get(call.service)?.delete(call);
    moveTo(this.ctx, call, place);
    if (isWanting) this.enlist(call);
    const { index, key, settings, scope, failover } = call;
    const fields = { index, key, before, label: settings.label, phase: settings.phase, runtime: settings.runtime, model: settings.model ?? 'inherit' };
    this.ctx.journal.emit('agent_failover', { ...fields, from: failover?.from, to: failover?.to, ...placeOf(scope) });
  }

  // Those that wait for a used-up provider, after something changed there or elsewhere.
  private allElsewhere(): void {
    for (const service of this.open.keys()) for (const call of [...(this.wanting.get(service) ?? [])]) this.goElsewhere(call);
    this.ctx.control.recheck();
  }

  /** Nodes that wait to start. */
  queued(): NodeCall[] {
    return [...this.wanting.values()].flatMap((calls) => [...calls]);
  }

  /** A node starts. */
  starts(call: NodeCall): void {
    this.wanting.get(call.service)?.delete(call);
    const open = this.open.get(call.service);
    if (open?.trial !== call) return;
    const grace = outside.timer(trialGraceMs(open.breaker.class));
    open.stopGrace();
    open.stopGrace = grace.cancel;
    void quietly(grace.done, () => this.close(call.service, 'its trial was not refused', true));
  }

  /** A dispatch ended, or could not be made (`outcome` undefined). */
  ends(call: NodeCall, outcome: NodeOutcome | undefined): void {
    const { service } = call;
    this.wanting.get(service)?.delete(call);
    const kind = outcome?.held?.class;
    if (outcome && (kind === 'quota' || kind === 'rate' || kind === 'auth')) {
      const hit = { class: kind, untilMs: resetOf(outcome), message: outcome.failure?.message ?? '' };
      return this.hit(call, hit, outcome.held?.account);
    }
    if (this.open.size === 0 && this.unproven.size === 0) return;
    const isTrial = this.isTrial(call);
    if (outcome && outcome.status !== 'failed') {
      this.unproven.delete(service);
      if (isTrial) this.close(service, 'a node was served');
    } else if (isTrial && kind === undefined) {
      if (outcome && outcome.failure?.category !== 'cancelled') return this.close(service, 'a node was not refused', true);
      this.endTrial(service);
      this.tryOne(service);
    }
  }

  private hit(call: NodeCall, hit: Hit, account: string | undefined): void {
    if (this.ctx.control.stopping) return;
    const { service } = call;
    const now = Date.now();
    const seed = `${this.ctx.input.runId} ${service}`;
    const open = this.open.get(service);
    const unproven = this.unproven.get(service);
    this.unproven.delete(service);
    if (!open) {
      const breaker = unproven ? trialFailed(unproven.breaker, hit, now, seed) : openBreaker(hit, now, seed);
      this.park(service, { breaker, account, trial: undefined, stopTimer() {}, stopGrace() {}, stopCap() {}, waitedFromMs: breaker.openedMs });
      return this.allElsewhere();
    }
    const isTrial = open.trial === call;
    const breaker = isTrial ? trialFailed(open.breaker, hit, now, seed) : joinBreaker(open.breaker, hit, now, seed);
    if (breaker === open.breaker) return;
    if (isTrial || breaker.class !== open.breaker.class) this.endTrial(service);
    this.park(service, { ...open, breaker, account: account ?? open.account, trial: this.open.get(service)?.trial });
    this.allElsewhere();
  }

  private park(service: string, open: Open): void {
    const { breaker, account } = open;
    this.open.set(service, open);
    open.stopTimer();
    open.stopTimer = () => {};
    if (breaker.untilMs !== undefined) {
      const timer = outside.timer(Math.max(1, breaker.untilMs - Date.now()));
      open.stopTimer = timer.cancel;
      void quietly(timer.done, () => this.tryOne(service));
    }
    this.limitPark(service, open);
    this.ctx.control.park({
      reason: breaker.class,
      scope: providerScope(service),
      provider: service,
      ...(account === undefined ? {} : { account }),
      ...(breaker.untilMs === undefined ? {} : { until: new Date(breaker.untilMs).toISOString() }),
      ...(breaker.source === undefined ? {} : { source: breaker.source }),
      message: parkMessage(service, breaker),
      fix: fixFor(service, breaker.class, `odw unpause ${this.ctx.input.runId}`),
    });
  }

  // QUOTA-05.
  private limitPark(service: string, open: Open): void {
    const most = this.ctx.input.options.maxParkMs;
    open.stopCap();
    if (most === undefined || open.waitedFromMs === undefined) return;
    const cap = outside.timer(Math.max(1, open.waitedFromMs + most - Date.now()));
    open.stopCap = cap.cancel;
    void quietly(cap.done, () => {
      if (!open.trial && !this.wanting.get(service)?.size) return void (open.waitedFromMs = undefined);
      const { breaker } = open;
      const fix = fixFor(service, breaker.class, `odw exec --resume ${this.ctx.input.runId}`);
      const message = `${parkMessage(service, breaker)}; the run was to wait no longer than ${most / 1000} s (--max-park). ${fix}`;
      this.ctx.journal.emit('workflow_error', { message }, { budget: this.ctx.budget.toState() });
      const type = breaker.class === 'auth' ? 'AUTH_REQUIRED' : 'QUOTA_EXHAUSTED';
      this.ctx.fail(ApplicationFailure.create({ message, type, nonRetryable: true }));
    });
  }

  private isDue({ breaker, trial }: Open): boolean {
    return trial === undefined && breaker.untilMs !== undefined && Date.now() >= breaker.untilMs;
  }

  /** Lets one node try: one that goes on rather than one that begins. */
  private tryOne(service: string): void {
    const open = this.open.get(service);
    if (!open || open.trial) return;
    const calls = [...(this.wanting.get(service) ?? [])];
    let trial = calls.find(({ waits }) => waits.held > 0) ?? calls[0];
    if (!trial) return;
    if (this.isHeldBack(trial) && outside.changed('trial-that-may-start')) trial = this.canStart(service) ?? trial;
    open.trial = trial;
    this.ctx.control.recheck();
  }

  /** Whether something else than its provider keeps a node from starting, as the limit of its phase does. */
  private isHeldBack(call: NodeCall): boolean {
    return scopesOf(call).some((scope) => scope !== providerScope(call.service) && this.ctx.control.parked.has(scope));
  }

  private canStart(service: string): NodeCall | undefined {
    const calls = [...(this.wanting.get(service) ?? [])].filter((call) => !this.isHeldBack(call));
    return calls.find(({ waits }) => waits.held > 0) ?? calls[0];
  }

  /** A scope was parked, or somebody came: where all wait for a trial that cannot start itself, another takes its place. */
  passTrialsOn(): void {
    for (const [service, open] of this.open) {
      const { trial } = open;
      if (!trial || !this.wanting.get(service)?.has(trial) || !this.isHeldBack(trial)) continue;
      const next = this.canStart(service);
      if (!next || !outside.changed('trial-that-may-start')) continue;
      open.trial = next;
      this.ctx.control.recheck();
    }
  }

  // A person says that it goes again: one node looks first, so that it costs one refusal when it does not.
  private tryAll(): void {
    for (const [service, open] of this.open) {
      open.stopCap();
      const now = Date.now();
      this.park(service, { ...open, breaker: { ...open.breaker, openedMs: now }, waitedFromMs: now });
      this.tryOne(service);
      if (!this.open.get(service)?.trial) this.close(service, 'asked');
    }
  }

  private endTrial(service: string): void {
    const open = this.open.get(service);
    if (!open) return;
    open.stopGrace();
    open.stopGrace = () => {};
    open.trial = undefined;
  }

  private close(service: string, reason: string, unproven = false): void {
    const open = this.open.get(service);
    if (!open) return;
    for (const stop of [open.stopTimer, open.stopGrace, open.stopCap]) stop();
    this.open.delete(service);
    if (unproven) this.unproven.set(service, { breaker: open.breaker, account: open.account });
    // Those that another provider keeps waiting may come here; those that wait here stay.
    this.allElsewhere();
    this.ctx.control.unpark(providerScope(service), reason);
  }
}

// Runs of before took a reset that is over for none.
function resetOf({ held }: NodeOutcome): number | undefined {
  const untilMs = held?.untilMs;
  const isOver = held?.class === 'quota' && untilMs !== undefined && untilMs <= Date.now();
  return isOver && !outside.changed('reset-that-is-over') ? undefined : untilMs;
}

// A timer that ends with the run calls nobody.
async function quietly(done: Promise<void>, then: () => void): Promise<void> {
  try {
    await done;
  } catch {
    return;
  }
  then();
}
