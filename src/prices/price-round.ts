import type { Cost } from '../../schemas/limits.ts';
import type { TokenUsage } from '../../schemas/token-usage.ts';
import { reportCost } from '../executor-report/cost.ts';
import { at, firstText } from '../executor-report/json-object.ts';
import { reportModel } from '../executor-report/model.ts';
import { providerName, type ProviderFacts } from '../policy/provider-name.ts';
import { estimateCost, type Answerer, type Rates } from './rates.ts';

/** What to price by: the user's own rates, best first, and those that come with odw. */
export interface RatesInUse {
  own: readonly Rates[];
  shipped: Rates;
}

export interface AskedOf extends ProviderFacts {
  model?: string | undefined;
}

/**
 * What one round of an executor cost (MONEY-02): its own figure; else its tokens by the user's rates; else its own reckoning by a price
 * list; else its tokens by the shipped prices. Undefined: nobody knows.
 */
export function priceRound(report: unknown, usage: TokenUsage | null, asked: AskedOf, { own, shipped }: RatesInUse): Cost | undefined {
  const told = reportCost(report);
  if (told?.basis === 'measured') return told;
  if (isUnbilled(report, usage, asked.runtime)) return { usd: 0, basis: 'measured' };
  const answerer = answererOf(report, asked);
  // The sum of an agent that tells some of its calls alone is no ground for a price.
  const counted = asked.runtime === 'acp' && at(report, 'usage', 'estimated') === true ? null : usage;
  const by = (rates: readonly Rates[]) => (counted && answerer ? estimateCost(rates, answerer, counted) : undefined);
  return by(own) ?? (told?.source === 'builtin' ? { ...told, source: shipped.source } : told) ?? by([shipped]);
}

const refusals = ['rate_limit', 'quota', 'auth', 'overloaded', 'network', 'invalid_request'];

// No model was asked, or none began to answer. Two runtimes count an answer from its first token on; Codex counts a turn at its end only, and says
// whether the model began anything in it; what it only thought is not among that, so a plain refusal alone is free.
function isUnbilled(report: unknown, usage: TokenUsage | null, runtime: string): boolean {
  const category = firstText(at(report, 'error', 'category'));
  if (usage || at(report, 'ok') !== false || category === undefined) return false;
  if (category === 'not_installed' || at(report, 'error', 'missing_env') === true) return true;
  if (at(report, 'usage') !== null || !refusals.includes(category)) return false;
  if (runtime === 'codex') return ['rate_limit', 'quota', 'auth'].includes(category) && at(report, 'summary', 'counts', 'items') === 0;
  return runtime === 'claude' || runtime === 'bamboo';
}

/** Names under which the model of a node may stand among rates: its vendor, and the service as odw calls it. */
export function providersOf(asked: ProviderFacts): string[] {
  const { runtime, gateway, provider, acpAgent } = asked;
  const vendor = { claude: gateway ?? 'anthropic', codex: gateway ?? 'openai', bamboo: provider, acp: acpAgent }[runtime];
  return [...new Set([...(vendor === undefined ? [] : [vendor]), providerName(asked)])];
}

function answererOf(report: unknown, asked: AskedOf): Answerer | undefined {
  const model = reportModel(report) ?? asked.model;
  if (model === undefined) return undefined;
  const said = firstText(at(report, 'summary', 'provider'), at(report, 'summary', 'agent'));
  return { model, providers: [...(said === undefined ? [] : [said]), ...providersOf(asked)] };
}
