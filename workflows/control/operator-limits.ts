import { ApplicationFailure } from '@temporalio/workflow';
import type { NodeOutcome } from '../../schemas/node.ts';
import { limitNames, type LimitName } from '../../schemas/limit-names.ts';
import type { OperatorLimits as RunOperatorLimits, ScriptLimits, Usage } from '../../schemas/limits.ts';
import { wholeRun, type LimitChanges, type Park } from '../../schemas/run-control.ts';
import { combineLimits, withFlags } from '../../src/limits/combine.ts';
import { LimitBook, type LimitHit } from '../../src/limits/limit-book.ts';
import { RunClock, type RunTime } from '../../src/limits/run-clock.ts';
import type { NodeCall } from '../node/call.ts';
import { outside } from '../outside/outside.ts';
import { until } from '../outside/quiet.ts';
import type { RunContext } from '../run-context.ts';
import type { Verdict } from './run-control.ts';
import { providerScope } from './scopes.ts';

/**
 * The ledger of a run and the operator's limits on it (LIMIT-01 to LIMIT-04), and what dispatches set aside of the script's budget (BUD-07).
 * A limit keeps the next dispatch from starting; those that run end. A run without limits and budget pays some additions per node.
 */
export class OperatorLimits {
  readonly book = new LimitBook();
  private readonly clock: RunClock;
  private operator: RunOperatorLimits;
  private script: ScriptLimits | undefined;
  /** The dispatches in flight: under which scopes they count, and what they set aside. */
  private readonly flights = new Map<NodeCall, { scopes: readonly string[]; tokens: number }>();
  /** Why the run is to end. */
  private ending: LimitHit | undefined;
  private ended = false;

  constructor(private readonly ctx: RunContext) {
    const { input } = ctx;
    // BUD-08, for limits too: what the resumed run used counts on. Nodes that failed there run again.
    const { spent, usage } = input.reuse ?? {};
    const before = { total: usage?.wallTime ?? 0, held: usage?.heldTime ?? 0 };
    this.clock = new RunClock(input.startedMs, before);
    this.operator = input.options.limits ?? {};
    this.book.allowUnpriced = this.operator.allowUnpriced ?? false;
    this.readScript(input.script.meta.limits);
    if (usage) Object.assign(this.book.usage(wholeRun), { ...usage, failures: 0, money: { ...usage.money } });
    else if (spent !== undefined) this.book.usage(wholeRun).tokens = spent;
  }

  /** Takes the limits that the script says; a script may compute them itself. */
  readScript(limits: ScriptLimits | undefined): void {
    this.script = limits;
    this.book.set(wholeRun, combineLimits(limits, this.operator));
    const { concurrency } = this.ctx.input.options;
    const own = limits?.concurrency;
    if (own !== undefined) this.ctx.permits.setLimit(this.operator.raise ? (this.operator.concurrency ?? own) : Math.min(own, concurrency));
    for (const [title, values] of Object.entries(limits?.phases ?? {})) this.book.set(`phase:${title}`, values);
    for (const [name, values] of Object.entries(limits?.providers ?? {})) this.book.set(`provider:${name}`, values);
  }

  /** Takes the flags of a resume that goes on with the open run: what they name is decided anew, as at a start. */
  readFlags(flags: RunOperatorLimits): LimitChanges {
    this.operator = withFlags(this.operator, flags);
    const combined = combineLimits(this.script, this.operator);
    const named = limitNames.filter((name) => name !== 'agents' && flags[name] !== undefined);
    const { allowUnpriced, onLimit } = flags;
    return {
      ...Object.fromEntries(named.map((name) => [name, combined[name]])),
      ...(flags.wallTime === undefined && flags.wallTimeCounts === undefined ? {} : { wallTimeCounts: combined.wallTimeCounts ?? null }),
      ...(allowUnpriced === undefined ? {} : { allowUnpriced }),
      ...(onLimit === undefined ? {} : { onLimit }),
    };
  }

  /** Sets limits of a scope while the run is open. */
  change(scope: string, { concurrency, allowUnpriced, onLimit, ...values }: LimitChanges): void {
    if (allowUnpriced !== undefined) this.book.allowUnpriced = allowUnpriced;
    if (onLimit !== undefined) this.operator = { ...this.operator, onLimit };
    if (scope === wholeRun) {
      this.book.set(scope, values);
      if (concurrency !== undefined) this.ctx.permits.setLimit(concurrency ?? this.ctx.input.options.concurrency);
    } else {
      this.book.set(scope, { ...values, concurrency });
      this.ctx.control.wakeOneForRoom(scope);
    }
    this.endIfFailed(this.book.scopes);
  }

  /** A node with limits of its own comes. */
  open({ limits, settings }: NodeCall): void {
    if (!limits) return;
    this.book.set(limits.scope, limits);
    this.book.entitle(limits.scope, settings.label);
  }

  /** A node failed (RUN-04); one that a person stopped did not. */
  failed(call: NodeCall, category: string): void {
    if (category === 'cancelled') return;
    const scopes = this.scopesOf(call);
    this.book.failed(scopes);
    this.warn(scopes);
  }

  /** A node has ended, and its end was told. */
  close(call: NodeCall): void {
    if (this.book.isLimited) this.endIfFailed(this.scopesOf(call));
    if (call.limits) this.book.forget(call.limits.scope);
  }

  /** What keeps a dispatch from starting, asked once it has its permit. When nothing does, it counts as started from this moment on. */
  check(call: NodeCall, attempt: { first: boolean; retried: boolean }): Verdict {
    const { budget, control } = this.ctx;
    const scopes = this.scopesOf(call);
    if (this.book.isLimited) {
      this.warn(scopes);
      const hit = this.book.hit(scopes, this.time(), attempt.first);
      if (hit) return this.stops(hit) ? this.end(hit) : this.parkFor(hit);
      const room = this.book.full(scopes);
      if (room !== undefined) return { room };
    }
    if (budget.total !== null && control.inFlight > 0 && !budget.exhausted && budget.taken) return { room: wholeRun };
    this.start(call, scopes, attempt);
    return undefined;
  }

  private start(call: NodeCall, scopes: readonly string[], { first, retried }: { first: boolean; retried: boolean }): void {
    this.book.launched(scopes, first, this.time());
    if (retried) this.book.retried(scopes);
    const { budget } = this.ctx;
    const said = Number(call.options['estimateTokens']);
    const tokens = budget.total === null ? 0 : budget.estimate(Number.isFinite(said) && said > 0 ? said : undefined);
    budget.reserve(tokens);
    this.flights.set(call, { scopes, tokens });
  }

  /**
   * A dispatch ended; `outcome` is undefined when it could not be made.
   *
   * @returns the scopes in which there is room again
   */
  ends(call: NodeCall, outcome: NodeOutcome | undefined): readonly string[] {
    const { scopes, tokens } = this.flights.get(call) ?? { scopes: [], tokens: 0 };
    this.flights.delete(call);
    this.ctx.budget.release(tokens);
    this.book.left(scopes);
    if (!outcome) return scopes;
    const cost = outcome.cost === undefined && !this.ctx.realBackend ? { usd: 0, basis: 'measured' as const } : (outcome.cost ?? undefined);
    this.book.ended(scopes, { tokens: outcome.tokens, outputTokens: outcome.outputTokens ?? null, cost });
    this.warn(scopes);
    return scopes;
  }

  private warn(scopes: readonly string[]): void {
    if (!this.book.isLimited) return;
    for (const { message, ...facts } of this.book.warnings(scopes, this.time())) {
      this.ctx.journal.emit('limit_warning', { scope: facts.scope, limit: facts.name, used: facts.used, max: facts.max, message });
    }
  }

  /** The limits that are still reached although they parked their scopes: going on would park those again. By scope, in the order of the parks. */
  stillReached(): ReadonlyMap<string, LimitHit> {
    const reached = new Map<string, LimitHit>();
    for (const { reason, scope, code } of this.ctx.control.parked.values()) {
      const hit = reason === 'limit' ? this.book.hit([scope], this.time(), code === 'LIMIT_AGENTS') : undefined;
      if (hit) reached.set(scope, hit);
    }
    return reached;
  }

  /** The run is held by a pause or park, or goes on: that time counts only where a limit says so (LIMIT-04). */
  hold(held: boolean): void {
    this.clock.hold(held, Date.now());
  }

  get usage(): Usage {
    return this.usageOf(wholeRun);
  }

  /** What was used in a scope, up to now. */
  usageOf(scope: string): Usage {
    const usage = this.book.usage(scope);
    const { total, held } = this.book.timeOf(scope, this.time());
    usage.wallTime = total;
    usage.heldTime = held;
    return usage;
  }

  private time(): RunTime {
    return this.clock.read(Date.now());
  }

  // RUN-04: failures are no use to wait for, unless somebody asked for that.
  private stops({ name, scope }: LimitHit): boolean {
    if (name === 'failures' && scope.startsWith('node:')) return true;
    return (this.operator.onLimit ?? (name === 'failures' ? 'stop' : 'park')) === 'stop';
  }

  private endIfFailed(scopes: readonly string[]): void {
    const hit = this.book.failedTooOften(scopes);
    if (hit && this.stops(hit)) this.end(hit);
  }

  private parkFor({ scope, name, code, message }: LimitHit): Park {
    const { root, runId } = this.ctx.input;
    const change = code === 'PRICE_UNKNOWN' ? '--allow-unpriced' : flagOf[name];
    const at = `--path ${root} ${runId}`;
    const fix = `odw limits ${at}${scopeFlag(scope)} ${change} && odw unpause ${at}`;
    return { reason: 'limit', scope, code, message, fix };
  }

  // What runs ends, then the run does.
  private end(hit: LimitHit): Verdict {
    if (!this.ending) {
      this.ending = hit;
      this.ctx.control.stop('limit');
      void this.endWith(hit);
    }
    return 'never';
  }

  private async endWith(hit: LimitHit): Promise<void> {
    await until(() => this.ctx.control.inFlight === 0);
    // A script that has nothing more to wait for comes to its end first, and its result is kept.
    if (hit.name === 'failures') await outside.timer(1).done;
    if (!this.ended) this.ctx.fail(this.failureFor(hit));
  }

  /** Why a run failed although its script came to an end: too many of its nodes did (RUN-04), or a limit was to stop it. */
  lastWord(): ApplicationFailure | undefined {
    const hit = this.ending ?? this.book.failedTooOften();
    return hit && this.failureFor(hit);
  }

  private failureFor({ message, code }: LimitHit): ApplicationFailure {
    this.ended = true;
    this.ctx.journal.emit('workflow_error', { message }, { budget: this.ctx.budget.toState(), usage: this.usage });
    return ApplicationFailure.create({ message, type: code, nonRetryable: true });
  }

  private scopesOf({ settings, service, limits }: NodeCall): string[] {
    return [wholeRun, `phase:${settings.phase}`, providerScope(service), ...(limits ? [limits.scope] : [])];
  }
}

/** Flag of `odw limits`, with a word for what it takes. */
const flagOf: Record<LimitName, string> = {
  agents: '--agents N',
  tokens: '--tokens N',
  outputTokens: '--output-tokens N',
  money: '--money N',
  retries: '--retries N',
  failures: '--failures N',
  wallTime: '--wall DURATION',
};

function scopeFlag(scope: string): string {
  const [kind, ...name] = scope.split(':');
  return scope === wholeRun ? '' : ` --${kind} '${name.join(':').replaceAll("'", String.raw`'\''`)}'`;
}
