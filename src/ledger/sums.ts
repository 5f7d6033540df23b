import type { Usage } from '../../schemas/limits.ts';
import type { TokenUsage } from '../../schemas/token-usage.ts';
import { kindNames } from '../executor-report/usage.ts';
import { addAttempt, noUsage } from '../limits/usage.ts';
import { roundMoney } from '../prices/amount.ts';
import type { GroupName } from './group-names.ts';
import type { Ledger, LedgerRow } from './rows.ts';

/** What several dispatches used together. Amounts that nobody told are counted apart, never as 0. */
export interface LedgerSum extends Pick<Usage, 'tokens' | 'outputTokens' | 'unmetered' | 'unsplit' | 'money'> {
  attempts: number;
  /** Tokens by kind, of those attempts that tell them apart. */
  usage: TokenUsage;
}

/** The sum of the rows. */
export function sumRows(rows: readonly LedgerRow[]): LedgerSum {
  const all = noUsage();
  const usage: TokenUsage = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 };
  for (const row of rows) {
    addAttempt(all, { tokens: row.tokens, outputTokens: row.outputTokens, cost: row.cost ?? undefined });
    if (row.usage) for (const kind of kindNames) usage[kind] += row.usage[kind];
  }
  const { tokens, outputTokens, unmetered, unsplit, money } = all;
  return { attempts: rows.length, tokens, outputTokens, unmetered, unsplit, money, usage };
}

/** The sums of a ledger's rows by phase, model or provider, in the order in which they were met. What has no name has the name "". */
export function sumGroups(rows: readonly LedgerRow[], by: GroupName): (LedgerSum & { name: string })[] {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const name = row[by] ?? '';
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, members]) => ({ name, ...sumRows(members) }));
}

/** The run's total: its rows, and what the runs used that it resumed. It is what its limits go by. */
export function totalOf({ rows, carried }: Ledger): LedgerSum {
  const sum = sumRows(rows);
  if (!carried) return sum;
  const { measured, estimated, unpriced } = carried.money;
  return {
    ...sum,
    tokens: sum.tokens + carried.tokens,
    outputTokens: sum.outputTokens + carried.outputTokens,
    unmetered: sum.unmetered + carried.unmetered,
    unsplit: sum.unsplit + carried.unsplit,
    money: {
      measured: roundMoney(sum.money.measured + measured),
      estimated: roundMoney(sum.money.estimated + estimated),
      unpriced: sum.money.unpriced + unpriced,
    },
  };
}

/** From which prices the estimates are: each source with its date and how much it came to. */
export function sourcesOf(rows: readonly LedgerRow[]): { source: string; asOf: string | null; usd: number }[] {
  const found = new Map<string, { source: string; asOf: string | null; usd: number }>();
  for (const { cost } of rows) {
    if (cost?.basis !== 'estimated') continue;
    const one = { source: cost.source ?? 'prices of the executor', asOf: cost.asOf ?? null };
    const key = JSON.stringify(one);
    found.set(key, { ...one, usd: roundMoney((found.get(key)?.usd ?? 0) + cost.usd) });
  }
  return [...found.values()];
}
