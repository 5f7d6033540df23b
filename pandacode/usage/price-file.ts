import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import shipped from '../../src/prices/prices.json' with { type: 'json' };
import type { Cost } from './cost.ts';

/**
 * The text of the price file that holds for a workspace, and where it is: a named one, the workspace's own, else the one
 * that comes with this program. Never one from the process's folder.
 */
export function readPriceFile(
  from: { priceFile?: string | undefined; workspace: string; env: NodeJS.ProcessEnv },
  warn: (text: string) => void = () => undefined,
): { path: string; text: string } {
  const named = from.priceFile ?? (from.env['PANDACODE_BAMBOO_PRICE_FILE'] || from.env['BAMBOO_PRICE_FILE']);
  const own = ['.pandacode/bamboo/pricing.cn.json', '.bamboo/pricing.cn.json'].map((path) => join(from.workspace, path));
  for (const path of named ? [named] : own) {
    try {
      return { path, text: readFileSync(path, 'utf8') };
    } catch (error) {
      if (named) {
        warn(`the price file ${path} cannot be read: ${(error as Error).message}`);
        return { path, text: '{}' };
      }
    }
  }
  return { path: 'builtin', text: JSON.stringify(shipped) };
}

/** A cost that was reckoned, with where its prices are from and of which date they are. */
export function withSource(cost: Cost, { path, text }: { path: string; text: string }): Cost {
  if (cost.basis !== 'price_file') return cost;
  const { updated_at: date } = JSON.parse(text) as { updated_at?: unknown };
  return { ...cost, source: path, ...(typeof date === 'string' ? { updated_at: date } : {}) };
}
