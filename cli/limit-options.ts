import { InvalidArgumentError, Option, type Command } from 'commander';
import type { OperatorLimits } from '../schemas/limits.ts';
import { readWallTime, wallTimeText, type WallTime } from '../src/limits/wall-time.ts';
import { integer } from './run-options.ts';

/** Limits as commander hands them over. */
export interface LimitFlags {
  maxTokens?: number;
  maxOutputTokens?: number;
  maxMoney?: number;
  maxRetries?: number;
  maxFailures?: number;
  /** No node may fail. */
  strict?: boolean;
  maxWall?: WallTime;
  raise?: boolean;
  onLimit?: 'park' | 'stop';
  allowUnpriced?: boolean;
}

/** Adds the flags of the operator's limits (LIMIT-01, LIMIT-02). */
export function addLimitOptions(command: Command): Command {
  return command
    .option('--max-tokens <n>', 'park the run when its agents used so many tokens', integer('--max-tokens', 0, Number.MAX_SAFE_INTEGER))
    .option('--max-output-tokens <n>', 'the same for output tokens', integer('--max-output-tokens', 0, Number.MAX_SAFE_INTEGER))
    .option('--max-money <usd>', 'the same for US dollars', amount('--max-money'))
    .option('--max-retries <n>', 'the same for attempts after the first, over all nodes', integer('--max-retries', 0, Number.MAX_SAFE_INTEGER))
    .option('--max-wall <duration>', 'the same for time, such as 90s, 30m or 6h; "6h total" counts pauses too', wallTime('--max-wall'))
    .option('--max-failures <n>', 'end the run as failed when more than so many nodes failed', integer('--max-failures', 0, Number.MAX_SAFE_INTEGER))
    .option('--strict', 'the same as --max-failures 0: one failed node fails the run')
    .option('--raise', 'let these limits also be higher than the meta.limits of the script')
    .addOption(new Option('--on-limit <what>', 'at a limit: park the run, or stop it as failed (default: park; failures: stop)').choices(['park', 'stop']))
    .option('--allow-unpriced', 'with a limit on money: go on although nobody knows what an agent cost');
}

/** The limits that the flags give; undefined when they give none. */
export function limitsOf(flags: LimitFlags): OperatorLimits | undefined {
  const { maxTokens, maxOutputTokens, maxMoney, maxRetries, maxWall, raise, onLimit, allowUnpriced } = flags;
  const maxFailures = flags.strict ? 0 : flags.maxFailures;
  const limits: OperatorLimits = {
    ...(maxTokens === undefined ? {} : { tokens: maxTokens }),
    ...(maxOutputTokens === undefined ? {} : { outputTokens: maxOutputTokens }),
    ...(maxMoney === undefined ? {} : { money: maxMoney }),
    ...(maxRetries === undefined ? {} : { retries: maxRetries }),
    ...(maxFailures === undefined ? {} : { failures: maxFailures }),
    ...maxWall,
    ...(raise === undefined ? {} : { raise }),
    ...(onLimit === undefined ? {} : { onLimit }),
    ...(allowUnpriced === undefined ? {} : { allowUnpriced }),
  };
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/** The flags that give these limits, for the command that is shown (CLI-10). */
export function limitWords(limits: OperatorLimits): string[] {
  const { tokens, outputTokens, money, retries, failures, raise, onLimit, allowUnpriced } = limits;
  const values = {
    ...{ '--max-tokens': tokens, '--max-output-tokens': outputTokens, '--max-money': money },
    ...{ '--max-retries': retries, '--max-failures': failures, '--max-wall': wallTimeText(limits) || undefined },
  };
  const words = Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  if (raise) words.push('--raise');
  if (onLimit !== undefined) words.push('--on-limit', onLimit);
  if (allowUnpriced) words.push('--allow-unpriced');
  return words;
}

/** Reads an amount of money; for commander. */
export function amount(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError(`${flag} expects an amount such as 2.50, got "${text}".`);
    return value;
  };
}

/** Reads a limit on time; for commander. */
export function wallTime(flag: string): (text: string) => WallTime {
  return (text) => {
    const value = readWallTime(text);
    if (value) return value;
    throw new InvalidArgumentError(`${flag} expects a length of time such as 90s, 30m, 2h or 1d, or "2h total" when pauses count too; got "${text}".`);
  };
}
