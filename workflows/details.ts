import { setCurrentDetails } from '@temporalio/workflow';
import type { RunContext } from './run-context.ts';

/**
 * Shows in the Web UI how far the run is: state, phase, nodes, tokens. Costs nothing until somebody looks.
 *
 * @param phase where the run is now; absent = as shown before
 */
export function showDetails(ctx: RunContext, phase = ctx.shownPhase): void {
  ctx.shownPhase = phase;
  const { running, done, failed, reused } = ctx.counts;
  const nodes = [`${done} done`, ...(reused > 0 ? [`${reused} reused`] : []), ...(failed > 0 ? [`**${failed} failed**`] : []), `${running} running`].join(', ');
  const total = ctx.budget.total === null ? '' : ` of ${ctx.budget.total}`;
  setCurrentDetails(
    `${stateText(ctx)}Phase: ${phase === '' ? '–' : phase}\n\nNodes: ${nodes}\n\nTokens: ${ctx.budget.approx ? 'at least ' : ''}${ctx.budget.spent}${total}`,
  );
}

function stateText({ control }: RunContext): string {
  if (control.state === 'running') return '';
  const [park] = control.state === 'parked' ? control.parked.values() : [];
  const why = park ? [park.message ?? park.reason, park.until && `until ${park.until}`, park.fix].filter(Boolean).join('; ') : '';
  return `State: **${control.state}**${why === '' ? '' : ` (${why})`}\n\n`;
}
