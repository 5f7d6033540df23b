import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cost } from '../../schemas/limits.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import type { TokenUsage } from '../../schemas/token-usage.ts';
import { at } from '../../src/executor-report/json-object.ts';
import { sumCosts } from '../../src/executor-report/cost.ts';
import { reportOutputTokens, reportTokens, sumTokens, usagesOf } from '../../src/executor-report/tokens.ts';
import { kindNames, reportUsage, sumUsage } from '../../src/executor-report/usage.ts';
import { priceRound } from '../../src/prices/price-round.ts';
import { roundMoney } from '../../src/prices/amount.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { readRates } from '../prices/read-rates.ts';

/** Figures of a conversation since it began, as an executor that counts so told them last. */
export interface SessionCount {
  tokens: number | null;
  outputTokens: number | null;
  usage: TokenUsage | null;
  usd: number | null;
}

interface Round {
  tokens: number | null;
  outputTokens: number | null;
  usage: TokenUsage | null;
  cost: Cost | undefined;
}

/** What an attempt used, all rounds together; null = nobody knows. */
export interface Used {
  tokens: number | null;
  outputTokens: number | null;
  usage: TokenUsage | null;
  cost: Cost | null;
}

/**
 * Counts what the rounds of a dispatch used, and prices them (MONEY-01, MONEY-02). Figures of an executor that counts over the whole
 * conversation (`usage.cumulative`) are differenced: to the round before, and to what the session had counted before the dispatch.
 */
export class Rounds {
  readonly warnings: string[] = [];
  private readonly rounds: Round[] = [];

  /**
   * @param before what the session had counted before the dispatch; undefined = nothing
   * @param env the executor's environment
   */
  constructor(
    private readonly request: NodeRequest,
    private readonly env: NodeJS.ProcessEnv,
    private before: SessionCount | undefined,
  ) {}

  /** Takes the report of a round; one that left none is no round. */
  add(report: unknown): void {
    const usage = reportUsage(report);
    const tokens = reportTokens(report) ?? (usage ? usage.input + usage.output : null);
    const outputTokens = usage?.output ?? reportOutputTokens(report);
    const rates = readRates({ named: this.request.rates, root: this.request.root, env: this.env });
    for (const { message } of rates.problems) if (!this.warnings.includes(message)) this.warnings.push(message);
    if (!usagesOf(report).some((one) => one['cumulative'] === true)) {
      this.rounds.push({ tokens, outputTokens, usage, cost: priceRound(report, usage, this.request, rates) });
      return;
    }
    const told = priceRound(report, usage, this.request, rates);
    const now: SessionCount = { tokens, outputTokens, usage, usd: told?.basis === 'measured' ? told.usd : null };
    const own = difference(now, this.before);
    const cost = told?.basis === 'measured' && own.usd !== null ? { ...told, usd: own.usd } : priceRound(withoutCost(report), own.usage, this.request, rates);
    this.rounds.push({ tokens: own.tokens, outputTokens: own.outputTokens, usage: own.usage, cost });
    this.before = now;
    writeFileAtomic(countFile(this.request), JSON.stringify(now));
  }

  /** Counts a round that left no report: what it used is not known, unless the executor counts over the whole conversation. */
  lost(): void {
    if (this.before === undefined) this.rounds.push({ tokens: null, outputTokens: null, usage: null, cost: undefined });
  }

  /** Forgets the last round: it never began. */
  drop(): void {
    this.rounds.pop();
  }

  /** @param started false when no executor ever started: that costs nothing, and everybody knows. */
  used(started: boolean): Used {
    const { rounds } = this;
    const outputs = rounds.map(({ outputTokens }) => outputTokens);
    const cost = sumCosts(rounds.map((round) => round.cost)) ?? (started ? null : { usd: 0, basis: 'measured' as const });
    return {
      tokens: sumTokens(rounds.map(({ tokens }) => tokens)),
      // A round without a split makes the whole one without.
      outputTokens: outputs.includes(null) ? null : sumTokens(outputs),
      usage: sumUsage(rounds.map(({ usage }) => usage)),
      cost,
    };
  }
}

/** What a session counted so far; undefined when no executor counted it over the whole conversation. */
export function sessionCount(request: Pick<NodeRequest, 'runDir' | 'session'>): SessionCount | undefined {
  try {
    return JSON.parse(readFileSync(countFile(request), 'utf8')) as SessionCount;
  } catch {
    return undefined;
  }
}

function countFile({ runDir, session }: Pick<NodeRequest, 'runDir' | 'session'>): string {
  return join(runDir, 'sessions', `${session}.count.json`);
}

// Less than before: the executor began to count anew.
function difference(now: SessionCount, before: SessionCount | undefined): SessionCount {
  if (!before || (now.tokens ?? 0) < (before.tokens ?? 0)) return now;
  const minus = (a: number | null, b: number | null) => (a === null ? null : Math.max(0, a - (b ?? 0)));
  const usage = now.usage && before.usage ? { ...now.usage } : null;
  if (usage && before.usage) for (const kind of kindNames) usage[kind] = Math.max(0, usage[kind] - before.usage[kind]);
  const usd = now.usd === null || before.usd === null ? null : roundMoney(Math.max(0, now.usd - before.usd));
  return { tokens: minus(now.tokens, before.tokens), outputTokens: minus(now.outputTokens, before.outputTokens), usage, usd };
}

// A cost over the whole conversation says nothing of this round.
function withoutCost(report: unknown): unknown {
  const { cost: _cost, total_cost_usd: _total, usage: _usage, ...rest } = report as Record<string, unknown>;
  return { ...rest, summary: { model: at(report, 'summary', 'model'), provider: at(report, 'summary', 'provider') } };
}
