import { setCurrentDetails } from '@temporalio/workflow';
import type { RunContext } from './run-context.ts';

/** Shows in the Web UI how far the run is: phase, nodes, tokens. Costs nothing until somebody looks. */
export function showDetails(ctx: RunContext, phase: string): void {
  const { running, done, failed, reused } = ctx.counts;
  const nodes = [`${done} done`, ...(reused > 0 ? [`${reused} reused`] : []), ...(failed > 0 ? [`**${failed} failed**`] : []), `${running} running`].join(', ');
  const total = ctx.budget.total === null ? '' : ` of ${ctx.budget.total}`;
  setCurrentDetails(`Phase: ${phase === '' ? '–' : phase}\n\nNodes: ${nodes}\n\nTokens: ${ctx.budget.approx ? 'at least ' : ''}${ctx.budget.spent}${total}`);
}
