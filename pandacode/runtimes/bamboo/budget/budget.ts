import { failure, type Failure } from '../../../errors/failure.ts';
import type { Cost } from '../../../usage/cost.ts';
import type { Usage } from '../../../usage/usage.ts';

export interface Budget {
  input?: number | undefined;
  output?: number | undefined;
  total?: number | undefined;
  cost?: number | undefined;
  /** Currency of `cost`; `native` = that of the price. */
  currency: 'native' | 'USD' | 'CNY';
}

const nearly = 0.8;

/** Why the run is over its budget, or undefined. */
export function overBudget(budget: Budget, usage: Usage | null, cost: Cost): Failure | undefined {
  const over = shares(budget, usage, cost).find((one) => one.used > one.limit);
  return over && failure('budget', `the run used ${over.used} ${over.what}, more than the limit of ${over.limit}`);
}

/** Whether a budget is used to four fifths, so that the model should come to an end. */
export function nearBudget(budget: Budget, usage: Usage | null, cost: Cost): boolean {
  return shares(budget, usage, cost).some((one) => one.used >= one.limit * nearly);
}

/** The amount of a cost in the currency of the budget; undefined when no rate is known. */
export function amountIn(cost: Cost, currency: Budget['currency']): number | undefined {
  if (cost.amount === null) return undefined;
  if (currency === 'native' || cost.currency === currency) return cost.amount;
  return cost.converted?.currency === currency ? cost.converted.amount : undefined;
}

function shares(budget: Budget, usage: Usage | null, cost: Cost): { what: string; used: number; limit: number }[] {
  const amount = amountIn(cost, budget.currency);
  const all = [
    { what: 'input tokens', used: usage?.input, limit: budget.input },
    { what: 'output tokens', used: usage?.output, limit: budget.output },
    { what: 'tokens', used: usage?.total, limit: budget.total },
    { what: budget.currency === 'native' ? (cost.currency ?? 'units') : budget.currency, used: amount, limit: budget.cost },
  ];
  return all.flatMap(({ what, used, limit }) => (used === undefined || limit === undefined ? [] : [{ what, used, limit }]));
}
