import { ApplicationFailure } from '@temporalio/workflow';
import type { NodeOutcome } from '../../schemas/node.ts';
import type { ScriptLimits, Usage } from '../../schemas/limits.ts';
import { wholeRun, type Park } from '../../schemas/run-control.ts';
import { combineLimits } from '../../src/limits/combine.ts';
import { LimitBook, type LimitHit } from '../../src/limits/limit-book.ts';
import type { NodeCall } from '../node/call.ts';
import { until } from '../outside/quiet.ts';
import type { RunContext } from '../run-context.ts';
import type { Verdict } from './run-control.ts';

/**
 * The ledger of a run and the operator's limits on it (LIMIT-01 to LIMIT-04), and what dispatches set aside of the script's budget (BUD-07).
 * A limit keeps the next dispatch from starting; those that run end. A run without limits and budget pays some additions per node.
 */
export class OperatorLimits {
  readonly book = new LimitBook();
  /** What the dispatches in flight set aside. */
  private readonly reserved = new Map<NodeCall, number>();
  private heldMs = 0;
  private heldSince: number | undefined;
  private ended = false;

  constructor(private readonly ctx: RunContext) {
    const { limits, concurrency } = ctx.input.options;
    this.book.allowUnpriced = limits?.allowUnpriced ?? false;
    this.readScript(ctx.input.script.meta.limits);
    const own = ctx.input.script.meta.limits?.concurrency;
    if (own !== undefined && !limits?.raise) ctx.permits.setLimit(Math.min(own, concurrency));
    // BUD-08, for limits too: what the resumed run used counts on.
    const { spent, usage } = ctx.input.reuse ?? {};
    if (usage) Object.assign(this.book.usage(wholeRun), { ...usage, money: { ...usage.money } });
    else if (spent !== undefined) this.book.usage(wholeRun).tokens = spent;
  }

  /** Takes the limits that the script says; a script may compute them itself. */
  readScript(limits: ScriptLimits | undefined): void {
    this.book.set(wholeRun, combineLimits(limits, this.ctx.input.options.limits));
    for (const [title, values] of Object.entries(limits?.phases ?? {})) this.book.set(`phase:${title}`, values);
    for (const [name, values] of Object.entries(limits?.providers ?? {})) this.book.set(`provider:${name}`, values);
  }

  /** What keeps a dispatch from starting, asked once it has its permit. When nothing does, it counts as started from this moment on. */
  check(call: NodeCall, attempt: { first: boolean; retried: boolean }): Verdict {
    const { budget, control } = this.ctx;
    if (this.book.isLimited) {
      const hit = this.book.hit(scopesOf(call), this.seconds(), attempt.first);
      if (hit) return this.ctx.input.options.limits?.onLimit === 'stop' ? this.end(hit) : this.parkFor(hit);
    }
    if (budget.total !== null && control.inFlight > 0 && !budget.exhausted && budget.taken) return 'room';
    this.start(call, attempt);
    return undefined;
  }

  private start(call: NodeCall, { first, retried }: { first: boolean; retried: boolean }): void {
    const scopes = scopesOf(call);
    if (first) this.book.launched(scopes);
    if (retried) this.book.retried(scopes);
    if (this.ctx.budget.total === null) return;
    const said = Number(call.options['estimateTokens']);
    const tokens = this.ctx.budget.estimate(Number.isFinite(said) && said > 0 ? said : undefined);
    this.reserved.set(call, tokens);
    this.ctx.budget.reserve(tokens);
  }

  /** A dispatch ended; undefined when it could not be made. */
  ends(call: NodeCall, outcome: NodeOutcome | undefined): void {
    const tokens = this.reserved.get(call);
    if (tokens !== undefined) this.ctx.budget.release(tokens);
    this.reserved.delete(call);
    if (!outcome) return;
    const scopes = scopesOf(call);
    const cost = outcome.cost === undefined && !this.ctx.realBackend ? { usd: 0, basis: 'measured' as const } : (outcome.cost ?? undefined);
    this.book.ended(scopes, { tokens: outcome.tokens, outputTokens: outcome.outputTokens ?? null, cost });
    for (const { message, ...facts } of this.book.warnings(scopes, this.seconds())) {
      this.ctx.journal.emit('limit_warning', { scope: facts.scope, limit: facts.name, used: facts.used, max: facts.max, message });
    }
  }

  /** A limit that is still reached although it parked its scope: going on would park it again. */
  stillReached(): LimitHit | undefined {
    for (const { reason, scope, code } of this.ctx.control.parked.values()) {
      if (reason !== 'limit') continue;
      const hit = this.book.hit([scope], this.seconds(), code === 'LIMIT_AGENTS');
      if (hit) return hit;
    }
    return undefined;
  }

  /** The run is held by a pause or park, or goes on: that time does not count (LIMIT-04). */
  hold(held: boolean): void {
    if (held) this.heldSince ??= Date.now();
    else if (this.heldSince !== undefined) {
      this.heldMs += Date.now() - this.heldSince;
      this.heldSince = undefined;
    }
  }

  get usage(): Usage {
    return this.book.usage(wholeRun);
  }

  private seconds(): number {
    return (Date.now() - this.ctx.input.startedMs - this.heldMs) / 1000;
  }

  private parkFor({ scope, name, code, message }: LimitHit): Park {
    const { root, runId } = this.ctx.input;
    const change = code === 'PRICE_UNKNOWN' ? '--allow-unpriced' : `--${flagOf[name]} N`;
    const at = `--path ${root} ${runId}`;
    const fix = `odw limits ${at}${scopeFlag(scope)} ${change} && odw unpause ${at}`;
    return { reason: 'limit', scope, code, message, fix };
  }

  // --on-limit stop: what runs ends, then the run does.
  private end(hit: LimitHit): Verdict {
    if (!this.ended) {
      this.ended = true;
      this.ctx.control.stop('limit');
      const { message } = hit;
      void until(() => this.ctx.control.inFlight === 0).then(() => {
        this.ctx.journal.emit('workflow_error', { message }, { budget: this.ctx.budget.toState(), usage: this.usage });
        this.ctx.fail(ApplicationFailure.create({ message, type: hit.code, nonRetryable: true }));
      });
    }
    return 'never';
  }
}

const flagOf = { agents: 'agents', tokens: 'tokens', outputTokens: 'output-tokens', money: 'money', retries: 'retries', wallTime: 'wall' } as const;

function scopeFlag(scope: string): string {
  const [kind, ...name] = scope.split(':');
  return scope === wholeRun ? '' : ` --${kind} '${name.join(':')}'`;
}

function scopesOf({ settings, service }: NodeCall): string[] {
  return [wholeRun, `phase:${settings.phase}`, `provider:${service}`];
}
