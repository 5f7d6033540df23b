import { type Command, Option } from 'commander';
import { usageError } from '../errors/raise.ts';
import type { BambooOptions } from '../runtimes/bamboo/options.ts';
import { collect, count, number } from './parse-values.ts';

/** The flags of bamboo as commander hands them over; none has a default, so that what a session stored is kept. */
export interface BambooFlags {
  thinking?: 'enabled' | 'disabled';
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  stop?: string[];
  param?: string[];
  shellTimeoutMs?: number;
  modelTimeoutMs?: number;
  runTimeoutMs?: number;
  historyKeepLast?: number;
  compactThresholdTokens?: number;
  compactReserveTokens?: number;
  maxInputTokens?: number;
  maxOutputTokens?: number;
  maxCostCurrency?: string;
  priceFile?: string;
  verify?: string[];
  autoVerify?: boolean;
  cacheWarm?: boolean;
  cacheWarmRounds?: number;
  cachePrefix?: string;
  cachePrefixFile?: string[];
  cacheKey?: string;
  cacheRetention?: string;
}

const list = (text: string, earlier: string[] | undefined) => collect(text, earlier ?? []);

/** Adds what a request says about thinking, length and sampling. */
export function addGenerationFlags(command: Command): void {
  command
    .addOption(new Option('--thinking <mode>', 'whether the model thinks first (bamboo)').choices(['enabled', 'disabled']))
    .option('--max-tokens <number>', 'longest answer of one model call (bamboo)', count)
    .option('--temperature <number>', 'sampling temperature (bamboo)', number)
    .option('--top-p <number>', 'nucleus sampling (bamboo)', number)
    .option('--presence-penalty <number>', 'presence penalty (bamboo)', number)
    .option('--frequency-penalty <number>', 'frequency penalty (bamboo)', number)
    .option('--stop <text>', 'text that ends an answer; repeatable (bamboo)', list)
    .option('--param <key=json>', 'field for the request body; repeatable (bamboo)', list);
}

/** Adds everything else that only bamboo understands. */
export function addBambooFlags(command: Command): void {
  addGenerationFlags(command);
  command
    .option('--shell-timeout-ms <ms>', 'limit of one shell command, 120000 unless given (bamboo)', count)
    .option('--model-timeout-ms <ms>', 'longest silence of a model call, 180000 unless given (bamboo)', count)
    .option('--run-timeout-ms <ms>', 'limit over everything; wins over --timeout-ms (bamboo)', count)
    .option('--history-keep-last <number>', 'messages that compaction keeps, 48 unless given (bamboo)', count)
    .option('--compact-threshold-tokens <number>', 'shorten the history above this size (bamboo)', count)
    .option('--compact-reserve-tokens <number>', 'part of the context window to keep free, 32000 unless given (bamboo)', count)
    .option('--max-input-tokens <number>', 'limit of input tokens (bamboo)', count)
    .option('--max-output-tokens <number>', 'limit of output tokens (bamboo)', count)
    .addOption(new Option('--max-cost-currency <currency>', 'currency of --max-cost; native = of the price (bamboo)').choices(['native', 'USD', 'CNY']))
    .option('--verify <command>', 'command that must succeed at the end; repeatable (bamboo)', list)
    .option('--auto-verify', 'also run the tests that the project suggests (bamboo)')
    .option('--cache-warm', 'send the stable prefix first (bamboo)')
    .option('--cache-warm-rounds <number>', 'how often, 2 unless given (bamboo)', count)
    .option('--cache-prefix <text>', 'text for the stable prefix (bamboo)')
    .option('--cache-prefix-file <path>', 'file for the stable prefix; repeatable (bamboo)', list)
    .option('--cache-key <key>', 'key of the prompt cache (bamboo)')
    .option('--cache-retention <time>', 'how long the vendor keeps the cache (bamboo)');
}

/** The options that were given, in the form that the runtime takes. */
export function bambooOptions(flags: BambooFlags): Partial<BambooOptions> {
  const { param, stop, cachePrefixFile, runTimeoutMs: _, maxCostCurrency, ...rest } = flags;
  const names = [
    ...['thinking', 'maxTokens', 'temperature', 'topP', 'presencePenalty', 'frequencyPenalty', 'shellTimeoutMs', 'modelTimeoutMs', 'historyKeepLast'],
    ...['compactThresholdTokens', 'compactReserveTokens', 'maxInputTokens', 'maxOutputTokens', 'priceFile', 'verify', 'autoVerify', 'cacheWarm'],
    ...['cacheWarmRounds', 'cachePrefix', 'cacheKey', 'cacheRetention'],
  ];
  const given = Object.fromEntries(Object.entries(rest).filter(([name, value]) => names.includes(name) && value !== undefined));
  return {
    ...given,
    ...(stop ? { stop } : {}),
    ...(param ? { params: Object.fromEntries(param.map(parameter)) } : {}),
    ...(cachePrefixFile ? { cachePrefixFiles: cachePrefixFile } : {}),
    ...(maxCostCurrency ? { maxCostCurrency: maxCostCurrency as BambooOptions['maxCostCurrency'] } : {}),
  };
}

function parameter(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`--param must be KEY=JSON; got ${JSON.stringify(text)}`);
  const [key, json] = [text.slice(0, at), text.slice(at + 1)];
  try {
    return [key, JSON.parse(json)];
  } catch {
    throw usageError(`the value of --param ${key} is no JSON: ${json}`, `Write texts with quotes, for example --param '${key}="text"'.`);
  }
}
