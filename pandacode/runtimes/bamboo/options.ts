/** Flags of bamboo, parsed; times in milliseconds. */
export interface BambooOptions {
  thinking?: 'enabled' | 'disabled';
  /** Longest answer of one model call, in tokens. */
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  stop: string[];
  /** Merged into the top level of each request body, last. */
  params: Record<string, unknown>;
  shellTimeoutMs: number;
  /** Longest silence of one model call. */
  modelTimeoutMs: number;
  historyKeepLast: number;
  compactThresholdTokens?: number;
  compactReserveTokens: number;
  maxInputTokens?: number;
  maxOutputTokens?: number;
  maxCostCurrency: 'native' | 'USD' | 'CNY';
  priceFile?: string;
  verify: string[];
  autoVerify: boolean;
  cacheWarm: boolean;
  cacheWarmRounds: number;
  cachePrefix?: string;
  cachePrefixFiles: string[];
  cacheKey?: string;
  cacheRetention?: string;
}

export const bambooDefaults: BambooOptions = {
  stop: [],
  params: {},
  shellTimeoutMs: 120_000,
  modelTimeoutMs: 180_000,
  historyKeepLast: 48,
  compactReserveTokens: 32_000,
  maxCostCurrency: 'native',
  verify: [],
  autoVerify: false,
  cacheWarm: false,
  cacheWarmRounds: 2,
  cachePrefixFiles: [],
};
