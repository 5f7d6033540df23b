/** Whether a bamboo provider has a key (DOC-04). Keys themselves are never shown. */
export interface BambooKey {
  ok: boolean;
  provider: string;
  /** The provider's own variable. */
  env: string;
  generic_env: string;
  /** The variable that holds the key; null when none does. */
  source: string | null;
  summary: string;
}

const GENERIC = 'PANDACODE_BAMBOO_API_KEY';

/** Providers in the order in which they are shown, with the further variables that pandacode reads for them. */
const providers: Record<string, string[]> = {
  deepseek: [],
  kimi: ['MOONSHOT_API_KEY'],
  qwen: ['DASHSCOPE_API_KEY', 'BAILIAN_API_KEY', 'ALIBABA_API_KEY'],
  zhipu: ['BIGMODEL_API_KEY', 'GLM_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
  minimax: ['MINIMAXI_API_KEY'],
  xiaomi: ['MIMO_API_KEY'],
  stepfun: ['STEP_API_KEY', 'STEP_PLAN_API_KEY'],
};

/** Looks which variables hold a key for each provider. */
export function bambooKeys(env: NodeJS.ProcessEnv): Record<string, BambooKey> {
  return Object.fromEntries(
    Object.entries(providers).map(([provider, others]) => {
      const own = `${provider.toUpperCase()}_API_KEY`;
      const source = [own, ...others, GENERIC, 'BAMBOO_API_KEY'].find((name) => env[name]?.trim()) ?? null;
      return [
        provider,
        { ok: source !== null, provider, env: own, generic_env: GENERIC, source, summary: source === null ? `set ${own}` : `key in ${source}` },
      ];
    }),
  );
}
