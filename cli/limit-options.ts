import { InvalidArgumentError, Option, type Command } from 'commander';
import type { OperatorLimits } from '../schemas/limits.ts';
import { isOdwError } from '../src/errors/error.ts';
import { parseDuration } from '../temporal/schedule/duration.ts';
import { integer } from './run-options.ts';

/** Limits as commander hands them over. */
export interface LimitFlags {
  maxTokens?: number;
  maxOutputTokens?: number;
  maxMoney?: number;
  maxRetries?: number;
  /** Milliseconds. */
  maxWall?: number;
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
    .option('--max-wall <duration>', 'the same for time, such as 90s, 30m or 6h; pauses do not count', wallTime)
    .option('--raise', 'let these limits also be higher than the meta.limits of the script')
    .addOption(new Option('--on-limit <what>', 'at a limit: park the run, or stop it as failed (default: park)').choices(['park', 'stop']))
    .option('--allow-unpriced', 'with a limit on money: go on although nobody knows what an agent cost');
}

/** The limits that the flags give; undefined when they give none. */
export function limitsOf(flags: LimitFlags): OperatorLimits | undefined {
  const { maxTokens, maxOutputTokens, maxMoney, maxRetries, maxWall, raise, onLimit, allowUnpriced } = flags;
  const limits: OperatorLimits = {
    ...(maxTokens === undefined ? {} : { tokens: maxTokens }),
    ...(maxOutputTokens === undefined ? {} : { outputTokens: maxOutputTokens }),
    ...(maxMoney === undefined ? {} : { money: maxMoney }),
    ...(maxRetries === undefined ? {} : { retries: maxRetries }),
    ...(maxWall === undefined ? {} : { wallTime: maxWall / 1000 }),
    ...(raise === undefined ? {} : { raise }),
    ...(onLimit === undefined ? {} : { onLimit }),
    ...(allowUnpriced === undefined ? {} : { allowUnpriced }),
  };
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/** The flags that give these limits, for the command that is shown (CLI-10). */
export function limitWords(limits: OperatorLimits): string[] {
  const { tokens, outputTokens, money, retries, wallTime, raise, onLimit, allowUnpriced } = limits;
  const values = { '--max-tokens': tokens, '--max-output-tokens': outputTokens, '--max-money': money, '--max-retries': retries };
  const words = Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  if (wallTime !== undefined) words.push('--max-wall', `${wallTime}s`);
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

/** Reads a length of time in milliseconds; for commander. */
export function wallTime(text: string): number {
  try {
    return parseDuration('wall', text);
  } catch (error) {
    throw new InvalidArgumentError(isOdwError(error) ? `${error.message}.` : String(error));
  }
}
