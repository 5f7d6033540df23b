import { readRates } from '../../activities/prices/read-rates.ts';
import type { LimitValues } from '../../schemas/limits.ts';
import type { CompiledScript } from '../../schemas/script.ts';
import { OdwError } from '../../src/errors/error.ts';
import { dollars } from '../../src/limits/usage.ts';
import { namedModels, type NamedModel } from '../../src/prices/named-models.ts';
import { providersOf } from '../../src/prices/price-round.ts';
import { hasPrice, type Rates } from '../../src/prices/rates.ts';
import { providerName } from '../../src/policy/provider-name.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';

/**
 * Looks whether a limit on money can hold, before anything is started (MONEY-02): each model that is named needs a price. Models that are
 * not named, and those that a script computes, are known when they answer; without a price they park the run then.
 *
 * @throws OdwError `price-unknown`, `rates-invalid`
 */
export async function pricesFirst(plan: RunPlan, script: CompiledScript, output: ExecOutput): Promise<void> {
  const { options, root, source } = plan;
  const { own, shipped, problems } = readRates({ named: options.rates, root, env: process.env });
  const max = limitOnMoney(plan, script);
  for (const { path, message } of problems) {
    if (max !== undefined || path === options.rates) throw new OdwError('rates-invalid', message, { exitCode: 2, fields: { path } });
    output.notice(`warning: ${message}; it is ignored`);
  }
  if (max === undefined || options.limits?.allowUnpriced) return;
  const unknown = (await namedModels(script, source, options)).filter((named) => !isPriced(named, [...own, shipped]));
  if (unknown.length === 0) return;
  const list = unknown.map((one) => `${one.model}${one.asked ? ` of ${providerName(one.asked)}` : ''} (${one.where})`).join(', ');
  throw new OdwError('price-unknown', `PRICE_UNKNOWN: money is limited to ${dollars(max)} USD, and nobody knows the price of ${list}; nothing was started`, {
    exitCode: 2,
    fields: { models: unknown.map(({ model, asked, where }) => ({ model, where, ...(asked ? { provider: providerName(asked) } : {}) })) },
  });
}

function limitOnMoney({ options }: RunPlan, { meta }: CompiledScript): number | undefined {
  const parts = (table: Record<string, LimitValues> | undefined) => Object.values(table ?? {}).map(({ money }) => money);
  const all = [options.limits?.money, meta.limits?.money, ...parts(meta.limits?.phases), ...parts(meta.limits?.providers)];
  const given = all.filter((money) => money !== undefined && money !== null);
  return given.length === 0 ? undefined : Math.min(...given);
}

// Claude Code tells what its own models cost.
const ownModels = /^(opus|sonnet|haiku|opusplan|best|default|claude-)/i;

function isPriced({ model, asked }: NamedModel, rates: readonly Rates[]): boolean {
  if ((!asked || (asked.runtime === 'claude' && asked.gateway === undefined)) && ownModels.test(model)) return true;
  const isAnyVendor = !asked || (asked.runtime === 'bamboo' && asked.provider === undefined);
  return hasPrice(rates, { model, providers: isAnyVendor ? [] : providersOf(asked) });
}
