import type { TurnsResult } from '../run/run-turns.ts';
import type { RunSettings } from '../run/settings.ts';
import { findPrice, inBothCurrencies, priced, unknownCost, type Cost } from './cost.ts';

/**
 * The cost of a run: the runtime's own figure when it has one, else by a price file, else unknown.
 *
 * @param provider the model vendor, where it is not the runtime's own
 */
export async function priceRun(settings: RunSettings, result: TurnsResult, provider: string | undefined, warnings: string[]): Promise<Cost> {
  if (result.cost.amount !== null || !result.usage || !result.turn.model) return result.cost;
  const [{ readPriceFile, withSource }, { usdCnyRate }] = await Promise.all([import('./price-file.ts'), import('./exchange-rate.ts')]);
  const file = readPriceFile(settings, (warning) => warnings.push(warning));
  const { text } = file;
  try {
    const price = findPrice(text, provider ?? settings.runtime.priceProvider, result.turn.model);
    return price ? withSource(inBothCurrencies(priced(result.usage, price), await usdCnyRate(settings.env, text)), file) : unknownCost;
  } catch (error) {
    warnings.push(`the price file cannot be read: ${(error as Error).message}`);
    return unknownCost;
  }
}
