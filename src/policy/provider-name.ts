/** What decides to whose service the calls of a node go. */
export interface ProviderFacts {
  runtime: string;
  provider?: string | undefined;
  gateway?: string | undefined;
  acpAgent?: string | undefined;
}

/** The service behind a node, under whose limits it falls: the vendor where one is named, else the runtime's own (`claude`, `codex`). */
export function providerName({ runtime, provider, gateway, acpAgent }: ProviderFacts): string {
  if (runtime === 'bamboo') return provider ?? runtime;
  if (runtime === 'acp') return acpAgent === undefined ? runtime : `acp:${acpAgent}`;
  return gateway ?? runtime;
}
