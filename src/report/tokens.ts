import type { RunState } from '../../schemas/state.ts';
import type { ReportNode } from './nodes.ts';

export interface TokenTotals {
  /** `budget.spent`: of all attempts, of earlier runs too when this one goes on from them. */
  total: number;
  /** True when some attempt did not tell its tokens: `total` is a lower bound. */
  approx: boolean;
  budget: number | null;
  byModel: { model: string; tokens: number; nodes: number }[];
}

/** Tokens per model, failed attempts included (RPT-08). What no attempt accounts for is one line of its own (RPT-02). */
export function readTokens(nodes: ReportNode[], budget: RunState['budget'], resumed: boolean): TokenTotals {
  const models = new Map<string, { model: string; tokens: number; nodes: number }>();
  let known = 0;
  for (const node of nodes) {
    if (node.status === 'skip') continue;
    const own = modelName(node.model, node.runtime);
    const entry = entryOf(models, own);
    entry.nodes++;
    let inAttempts = 0;
    for (const attempt of node.attempts) {
      if (attempt.tokens === undefined) continue;
      inAttempts += attempt.tokens;
      entryOf(models, attempt.model === undefined ? own : modelName(attempt.model, node.runtime)).tokens += attempt.tokens;
    }
    entry.tokens += (node.tokens ?? 0) - inAttempts;
    known += node.tokens ?? 0;
  }
  const byModel = [...models.values()].sort((a, b) => b.tokens - a.tokens || a.model.localeCompare(b.model));
  const other = budget.spent - known;
  if (other > 0) byModel.push({ model: resumed ? 'other (retries/overhead, earlier runs)' : 'other (retries/overhead)', tokens: other, nodes: 0 });
  return { total: Math.max(budget.spent, known), approx: budget.approx === true, budget: budget.total, byModel };
}

/** `inherit` means that the runtime chose, and that nothing told which model it took. */
function modelName(model: string, runtime: string): string {
  if (model !== '' && model !== 'inherit') return model;
  return runtime === '' ? 'inherit' : `${runtime} (default model)`;
}

function entryOf(models: Map<string, { model: string; tokens: number; nodes: number }>, model: string) {
  let entry = models.get(model);
  if (!entry) models.set(model, (entry = { model, tokens: 0, nodes: 0 }));
  return entry;
}
