import type { NodeOutcome, RetryContext } from '../../schemas/node.ts';
import { briefWaitMs } from '../../src/policy/brief-wait.ts';
import type { RunContext } from '../run-context.ts';
import { failed, runAttempt } from './attempt.ts';
import type { NodeCall } from './call.ts';
import { changeCall } from './change.ts';
import type { NodeEvents } from './events.ts';
import { rest } from './rest.ts';
import { noWaits } from './waits.ts';

/**
 * One attempt of a node, from its permit to an outcome that counts: a dispatch that its provider refused is made again, in its own session
 * and tree, once the provider serves again (QUOTA-03, QUOTA-06, RETRY-06). Who waits holds no permit.
 *
 * @param admitted called with each permit, before anything starts; what it throws ends the attempt
 */
export async function servedAttempt(
  ctx: RunContext,
  call: NodeCall,
  events: NodeEvents,
  attempt: number,
  retry: RetryContext | undefined,
  admitted: () => void,
): Promise<NodeOutcome> {
  call.waits = noWaits();
  for (;;) {
    ctx.providers.wants(call);
    const fresh = call.waits.held === 0 && call.waits.restarts === 0;
    const starts =
      !call.stopped &&
      (await ctx.control.admit(
        () => ctx.providers.scopesOf(call),
        () => ctx.limits.check(call, { first: attempt === 1 && fresh, retried: attempt > 1 && fresh }),
        call,
      ));
    if (!starts) {
      ctx.providers.ends(call, undefined);
      return failed('cancelled', 'the node was stopped before it started', false);
    }
    let outcome: NodeOutcome | undefined;
    try {
      admitted();
      ctx.providers.starts(call);
      const { service } = call;
      outcome = await runAttempt(ctx, call, events, attempt, retry);
      events.used(outcome, service);
      if (ctx.dialect === 'claude') ctx.budget.addOutput(outcome.outputTokens ?? null, outcome.tokens);
      else ctx.budget.add(outcome.tokens);
    } finally {
      ctx.providers.ends(call, outcome);
      ctx.control.leave(ctx.limits.ends(call, outcome));
    }
    // CTRL-05: a new start behind the same promise, which uses no attempt. A dispatch that ended by itself first counts as it ended.
    if (call.waits.restarting && outcome.failure?.category === 'cancelled' && !ctx.control.stopping) {
      events.cut(attempt, 'restart');
      if (call.waits.changes) changeCall(ctx, call, call.waits.changes);
      call.waits = noWaits(call.waits.restarts + 1);
      continue;
    }
    if (ctx.control.stopping && outcome.failure?.category === 'cancelled') events.cut(attempt, 'stopped');
    const { held } = outcome;
    if (!held) return outcome;
    call.waits.held++;
    events.wait(attempt, `${held.class}: ${call.service}`, outcome.tokens);
    if (held.class !== 'overloaded' && held.class !== 'network') continue;
    const asked = held.untilMs === undefined ? undefined : held.untilMs - Date.now();
    await rest(ctx, call, briefWaitMs(call.waits.brief++, asked) ?? 0);
  }
}
