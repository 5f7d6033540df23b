import type { OperatorLimits } from '../schemas/limits.ts';
import { wholeRun } from '../schemas/run-control.ts';
import { limitsSignal, type RunLimits } from '../schemas/run-limits.ts';
import { applyLimits } from './control/commands.ts';
import { outside } from './outside/outside.ts';
import type { RunContext } from './run-context.ts';

/** Takes new limits while the run is open (RES-02). Groups that are under way keep their width. */
export function acceptLimits(ctx: RunContext): void {
  outside.onSignal(limitsSignal, ({ budget, concurrency, limits }: RunLimits) => {
    if (budget !== undefined) ctx.budget.total = budget;
    if (concurrency !== undefined) ctx.permits.setLimit(concurrency);
    if (limits) goOnWith(ctx, limits);
    if (budget === undefined && concurrency === undefined) return;
    const told = [budget === undefined ? '' : `a budget of ${budget} tokens`, concurrency === undefined ? '' : `${concurrency} nodes at once`];
    ctx.journal.emit('log', { message: `the run goes on with ${told.filter(Boolean).join(' and ')}` }, { budget: ctx.budget.toState() });
  });
}

// LIMIT-02: whoever resumes a run with other limits wants it to go on.
function goOnWith(ctx: RunContext, flags: OperatorLimits): void {
  applyLimits(ctx, wholeRun, ctx.limits.readFlags(flags));
  const [first] = ctx.limits.stillReached().keys();
  for (const { scope, reason } of [...ctx.control.parked.values()]) {
    if (reason === 'limit' && scope !== first) ctx.control.unpark(scope, 'raised');
  }
}
