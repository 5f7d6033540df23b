import { limitsSignal, type RunLimits } from '../schemas/run-limits.ts';
import { outside } from './outside/outside.ts';
import type { RunContext } from './run-context.ts';

/** Takes new limits while the run is open (RES-02). Groups that are under way keep their width. */
export function acceptLimits(ctx: RunContext): void {
  outside.onSignal(limitsSignal, ({ budget, concurrency }: RunLimits) => {
    if (budget !== undefined) ctx.budget.total = budget;
    if (concurrency !== undefined) ctx.permits.setLimit(concurrency);
    const told = [budget === undefined ? '' : `a budget of ${budget} tokens`, concurrency === undefined ? '' : `${concurrency} nodes at once`];
    ctx.journal.emit('log', { message: `the run goes on with ${told.filter(Boolean).join(' and ')}` }, { budget: ctx.budget.toState() });
  });
}
