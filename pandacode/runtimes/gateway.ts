import { failure } from '../errors/failure.ts';
import { usageError } from '../errors/raise.ts';
import { endpointFor } from './bamboo/choose.ts';
import { loadCatalogue, type Provider } from './bamboo/providers/catalogue.ts';
import { keyAdvice, missingKey, type Endpoint } from './bamboo/providers/resolve.ts';
import type { Choice, ChoiceRequest } from './runtime.ts';

/** The protocol that a CLI speaks with its model. */
export type GatewayProtocol = 'anthropic' | 'responses';

/** A model vendor as the CLI of another one reaches it. */
export interface Gateway {
  baseUrl: string;
  key: string;
}

/**
 * Settles vendor and model of a run through a gateway; undefined when none is asked for, now or by the session.
 *
 * @throws a usage error for an unknown vendor, or one without such an endpoint
 */
export function chooseGateway(protocol: GatewayProtocol, request: ChoiceRequest): Choice | undefined {
  const { options, stored, workspace, env, model } = request;
  const vendor = options.gateway ?? stored?.provider;
  if (vendor === undefined) return undefined;
  const storedModel = options.gateway === undefined || options.gateway === stored?.provider ? stored?.model : undefined;
  const endpoint = endpointFor({ provider: vendor, model: model ?? storedModel ?? undefined }, workspace, env);
  if (baseUrlOf(endpoint, protocol) === undefined) {
    const able = Object.entries(loadCatalogue(workspace, env['HOME']).providers).filter(([, provider]) => defaultBase(provider, protocol));
    throw usageError(
      `--gateway ${vendor}: ${endpoint.provider.title} has no endpoint that this CLI speaks with`,
      `Use one of ${able.map(([name]) => name).join(', ')}, or the bamboo runtime.`,
    );
  }
  const warnings = endpoint.known ? [] : [`the model ${endpoint.model} is not in the catalogue of ${endpoint.name}; it is used as it is`];
  const chosen: Choice = { provider: endpoint.name, model: endpoint.model, warnings, artifacts: {} };
  return endpoint.key ? chosen : { ...chosen, failure: failure('auth', missingKey, { next_action: keyAdvice(endpoint.provider) }) };
}

/** Where the requests of a chosen vendor go, and with which key; undefined without a vendor. */
export function gatewayOf(
  protocol: GatewayProtocol,
  { provider, model, workspace, env }: { provider?: string; model: string | null; workspace: string; env: NodeJS.ProcessEnv },
): Gateway | undefined {
  if (provider === undefined) return undefined;
  const endpoint = endpointFor({ provider, model: model ?? undefined }, workspace, env);
  return { baseUrl: baseUrlOf(endpoint, protocol) ?? endpoint.baseUrl, key: endpoint.key ?? '' };
}

// Region and plan of the Chat Completions address, which the key decides, hold for the other protocols too.
function baseUrlOf({ provider, baseUrl }: Endpoint, protocol: GatewayProtocol): string | undefined {
  const base = defaultBase(provider, protocol);
  const others = protocol === 'anthropic' ? provider.other_anthropic_base_urls : provider.other_responses_base_urls;
  const variant = Object.entries(provider.other_base_urls ?? {}).find(([, url]) => url === baseUrl)?.[0];
  return base && ((variant === undefined ? undefined : others?.[variant]) ?? base);
}

function defaultBase(provider: Provider, protocol: GatewayProtocol): string | undefined {
  // The CLI of Anthropic reaches Anthropic by itself.
  if (provider.api === 'messages') return undefined;
  return protocol === 'anthropic' ? provider.anthropic_base_url : provider.responses_base_url;
}
