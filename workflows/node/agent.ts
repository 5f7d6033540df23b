import { backoffMs } from '../../src/node/retry.ts';
import { failureEnvelope } from '../../src/node/failure.ts';
import type { Json } from '../../schemas/json.ts';
import type { NodeOutcome, RetryContext } from '../../schemas/node.ts';
import { checkEffort, claudeFailure } from '../dialect/claude.ts';
import { copyJson } from '../journal.ts';
import type { RunContext } from '../run-context.ts';
import type { Scope } from '../scope.ts';
import { failed } from './attempt.ts';
import { openCall, type NodeCall } from './call.ts';
import { NodeEvents } from './events.ts';
import { takeFromElsewhere } from './failover.ts';
import type { AgentOptions } from './options.ts';
import { rest } from './rest.ts';
import { servedAttempt } from './served-attempt.ts';
import { SameReplies } from './same-replies.ts';
import { nodeValue } from './value.ts';

/**
 * agent(prompt, options): one node, from call to value (AGENT-06). Rejects only for an exhausted budget, the agent cap
 * and misuse (AGENT-10); every other failure is the value.
 */
export async function runAgent(ctx: RunContext, scope: Scope, prompt: unknown, options: unknown): Promise<Json> {
  if (typeof prompt !== 'string') throw new TypeError(`agent(prompt) requires a prompt string, got ${prompt === null ? 'null' : typeof prompt}`);
  if (options === null || typeof options !== 'object')
    throw new TypeError(`agent(prompt, options) requires an options object, got ${options === null ? 'null' : typeof options}`);
  if (scope.frame.dialect === 'claude') checkEffort((options as AgentOptions)['effort']);
  const index = ++ctx.agents;
  const call = await openCall(ctx, scope, prompt, options as AgentOptions, index);
  const events = new NodeEvents(ctx, call);
  if (call.refused !== undefined) return fail(ctx, call, events, 1, failed('agent_type_unknown', call.refused, false), null);
  if (call.schema && !call.schema.prepared.ok) return fail(ctx, call, events, 1, failed('schema_load_error', call.schema.prepared.message, false), null);
  if (call.inputs?.hashed.ok === false) return fail(ctx, call, events, 1, failed('inputs_unreadable', call.inputs.hashed.message, false), null);
  if (call.skills?.problem !== undefined) return fail(ctx, call, events, 1, failed('skill_unknown', call.skills.problem, false), null);

  const reused = ctx.reusable.take(call) ?? takeFromElsewhere(ctx, call);
  if (reused) {
    const found = reused.held ? await ctx.heldResults.read(reused.held) : { ok: true as const, value: reused.value };
    if (!found.ok) return fail(ctx, call, events, 1, failed('reuse_unreadable', unreadable(call, found.message), false), null);
    events.skip(found.value, reused);
    return keepValidated(ctx, call, copyJson(found.value));
  }
  checkLimits(ctx);
  ctx.limits.open(call);
  ctx.launched++;
  return attempts(ctx, call, events);
}

async function attempts(ctx: RunContext, call: NodeCall, events: NodeEvents): Promise<Json> {
  const replies = new SameReplies();
  let retry: RetryContext | undefined;
  for (let attempt = 1; ; attempt++) {
    const outcome = await servedAttempt(ctx, call, events, attempt, retry, () => attempt === 1 && call.waits.held === 0 && checkBudget(ctx));
    // CTRL-03: what the end of the run cut short did not fail; it runs again when the run is resumed.
    if (ctx.control.stopping && outcome.failure?.category === 'cancelled') await new Promise<never>(() => {});
    if (outcome.status === 'ok') return succeed(ctx, call, events, attempt, outcome);

    const mismatch = outcome.status === 'mismatch';
    const stuck = mismatch && replies.isStuck(outcome.value);
    const allowed = mismatch ? call.retry.maxAttempts : Math.min(call.failureAttempts, call.retry.maxAttempts);
    const more = attempt < allowed && !stuck && !ctx.budget.exhausted && !ctx.control.stopping;
    const failure = outcome.failure ?? { category: 'workflow_agent_failed', message: 'the node failed without a reason', retryable: true };
    const wanted = call.retry.retryWhen?.includes(failure.category) ?? true;
    const again = more && wanted && (mismatch || failure.retryable);
    if (mismatch) events.schemaInvalid(attempt, failure.issues ?? [], attempt < call.retry.maxAttempts && !stuck, outcome.value);
    if (!again) return fail(ctx, call, events, attempt, outcome, retry?.previousResult ?? null);

    events.retry(attempt, failure.category || 'worker_failed', outcome.tokens, outcome.model);
    retry = { category: failure.category, message: failure.message, issues: failure.issues ?? [], previousResult: outcome.value };
    const wait = mismatch ? 0 : backoffMs(call.retry, attempt + 1, Math.random());
    if (wait > 0) await rest(ctx, call, wait);
  }
}

function succeed(ctx: RunContext, call: NodeCall, events: NodeEvents, attempt: number, outcome: NodeOutcome): Json {
  const value = nodeValue(outcome, call.schema !== undefined);
  events.done(attempt, true, value, outcome.tokens, outcome.model);
  ctx.limits.close(call);
  return keepValidated(ctx, call, copyJson(value));
}

function fail(ctx: RunContext, call: NodeCall, events: NodeEvents, attempt: number, outcome: NodeOutcome, previousResult: Json): Json {
  const { settings } = call;
  const failure = outcome.failure ?? { category: 'workflow_agent_failed', message: 'the node failed without a reason', retryable: false };
  const envelope = failureEnvelope({
    key: call.key,
    label: settings.label,
    phase: settings.phase,
    agentType: settings.agentType,
    backend: ctx.input.options.backend,
    runtime: settings.runtime,
    attempt,
    maxAttempts: call.retry.maxAttempts,
    schema: call.schema?.name,
    failure,
    previousResult: outcome.value ?? previousResult,
    report: outcome.report,
  });
  if (outcome.worktree) envelope['worktree'] = outcome.worktree as unknown as Json;
  ctx.limits.failed(call, failure.category);
  events.done(attempt, false, envelope, outcome.tokens, outcome.model);
  ctx.limits.close(call);
  ctx.failures.push(copyJson(envelope));
  return call.scope.frame.dialect === 'claude' ? claudeFailure(failure) : copyJson(envelope);
}

// SCH-12: data that passed its schema is never taken for a failure, even when it says ok:false.
function keepValidated(ctx: RunContext, call: NodeCall, value: Json): Json {
  if (call.schema && typeof value === 'object' && value !== null) ctx.validated.add(value);
  return value;
}

// Running it again would pay for it a second time: that is for a person to say.
function unreadable({ settings, key }: NodeCall, message: string): string {
  return `its earlier result cannot be read: ${message} To pay for it again: --rerun "${settings.id === undefined ? settings.label : key}"`;
}

// What --max-agents takes.
const mostAgents = 5000;

function checkLimits(ctx: RunContext): void {
  checkBudget(ctx);
  const cap = ctx.input.options.maxAgents;
  if (ctx.launched >= cap)
    throw new Error(`workflow exceeded the ${cap}-agent runaway backstop${cap < mostAgents ? ` (--max-agents N moves it, to ${mostAgents} at most)` : ''}`);
}

function checkBudget(ctx: RunContext): void {
  if (ctx.budget.exhausted) throw new Error(`workflow budget exhausted: spent ${ctx.budget.spent} >= total ${ctx.budget.total} tokens`);
}
