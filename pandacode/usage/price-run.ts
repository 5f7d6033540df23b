import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TurnsResult } from '../run/run-turns.ts';
import type { RunSettings } from '../run/settings.ts';
import { findPrice, priced, unknownCost, type Cost } from './cost.ts';

/** The cost of a run: the CLI's own figure when it has one, else by a price file, else unknown. */
export function priceRun(settings: RunSettings, result: TurnsResult, warnings: string[]): Cost {
  if (result.cost.amount !== null || !result.usage || !result.turn.model) return result.cost;
  const text = priceFile(settings, warnings);
  if (text === undefined) return unknownCost;
  try {
    const price = findPrice(text, settings.runtime.priceProvider, result.turn.model);
    return price ? priced(result.usage, price) : unknownCost;
  } catch (error) {
    warnings.push(`the price file cannot be read: ${(error as Error).message}`);
    return unknownCost;
  }
}

function priceFile(settings: RunSettings, warnings: string[]): string | undefined {
  const named = settings.priceFile ?? settings.env['PANDACODE_BAMBOO_PRICE_FILE'];
  const paths = named ? [named] : [join(settings.workspace, '.pandacode/bamboo/pricing.cn.json'), join(settings.workspace, '.bamboo/pricing.cn.json')];
  for (const path of paths) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (named) warnings.push(`the price file ${path} cannot be read: ${(error as Error).message}`);
    }
  }
  return undefined;
}
