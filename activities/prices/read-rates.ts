import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { ratesFile } from '../../schemas/rates.ts';
import shipped from '../../src/prices/prices.json' with { type: 'json' };
import type { RatesInUse } from '../../src/prices/price-round.ts';
import type { Rates } from '../../src/prices/rates.ts';
import { odwHome } from '../../system/paths.ts';

export interface RatesPlaces {
  /** The file of `--rates` or `ODW_RATES`. */
  named?: string | undefined;
  /** The project. */
  root: string;
  env: NodeJS.ProcessEnv;
}

/** A file of rates that is there but cannot be used. */
export interface RatesProblem {
  path: string;
  message: string;
}

/**
 * The user's rates, the named file before the project's before the user's own, and the prices that come with odw (MONEY-02). Read anew each
 * time, so that a change holds for the next attempt. A file that cannot be used is left out and told in `problems`.
 */
export function readRates({ named, root, env }: RatesPlaces): RatesInUse & { problems: RatesProblem[] } {
  const problems: RatesProblem[] = [];
  const places = [
    ...(named === undefined ? [] : [{ path: resolve(root, named), source: named, isNamed: true }]),
    { path: join(root, '.odw', 'rates.json'), source: '.odw/rates.json', isNamed: false },
    { path: join(odwHome(env), 'rates.json'), source: 'ODW_HOME/rates.json', isNamed: false },
  ];
  const own = places.flatMap(({ path, source, isNamed }): Rates[] => {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const isAbsent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (isNamed || !isAbsent) problems.push({ path, message: `${path} cannot be read: ${(error as Error).message}` });
      return [];
    }
    try {
      const file = ratesFile.parse(JSON.parse(text));
      return [{ source, asOf: file.updated_at ?? statSync(path).mtime.toISOString().slice(0, 10), file }];
    } catch (error) {
      problems.push({ path, message: `${path} holds no rates: ${whatIsWrong(error)}` });
      return [];
    }
  });
  return { own, shipped: shippedRates(), problems };
}

/** The prices that come with odw. */
export function shippedRates(): Rates {
  return { source: 'shipped prices', asOf: shipped.updated_at, file: shipped as Rates['file'] };
}

function whatIsWrong(error: unknown): string {
  const found = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
  return found.replaceAll('✖ ', '').replace(/\s+/g, ' ').slice(0, 300);
}
