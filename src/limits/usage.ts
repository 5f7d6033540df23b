import type { Cost, Usage } from '../../schemas/limits.ts';
import { roundMoney } from '../prices/amount.ts';

export function noUsage(): Usage {
  const money = { measured: 0, estimated: 0, unpriced: 0 };
  return { agents: 0, retries: 0, failures: 0, wallTime: 0, heldTime: 0, tokens: 0, outputTokens: 0, unmetered: 0, unsplit: 0, money };
}

/** What one attempt used; null or undefined = its executor did not tell. */
export interface AttemptUsage {
  tokens: number | null;
  outputTokens: number | null;
  cost: Cost | undefined;
}

/** Adds an attempt; changes `usage` in place. */
export function addAttempt(usage: Usage, { tokens, outputTokens, cost }: AttemptUsage): void {
  if (tokens === null) usage.unmetered++;
  usage.tokens += tokens ?? 0;
  // DIAL-24: without a split all of them count.
  if (outputTokens === null && tokens !== null) usage.unsplit++;
  usage.outputTokens += outputTokens ?? tokens ?? 0;
  if (cost) usage.money[cost.basis] = roundMoney(usage.money[cost.basis] + cost.usd);
  else usage.money.unpriced++;
}

/** USD spent as far as known. */
export function knownMoney({ money }: Usage): number {
  // Rounded, as its parts are: 0.7 and 0.1 are 0.8, and reach a limit of 0.8.
  return roundMoney(money.measured + money.estimated);
}

/** Money for people, with what it rests on (VIEW-14): `=` measured, `~` at least partly estimated, `?` nobody knows; `+` more of unknown price. */
export function moneyText(usage: Usage): string {
  const { estimated, unpriced } = usage.money;
  const known = knownMoney(usage);
  if (known === 0 && unpriced > 0) return '?';
  return `${estimated > 0 ? '~' : '='}$${dollars(known)}${unpriced > 0 ? '+?' : ''}`;
}

/** An amount with cents, or with what it takes to show that it is not nothing. */
export function dollars(usd: number): string {
  return usd !== 0 && usd < 0.01 ? String(Number(usd.toPrecision(2))) : usd.toFixed(2);
}
