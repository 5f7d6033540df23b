import { failure } from '../../errors/failure.ts';
import type { Choice, ChoiceRequest } from '../runtime.ts';
import type { SessionRecord } from '../../state/session-record.ts';
import { loadCatalogue } from './providers/catalogue.ts';
import { readBambooConfig } from './providers/config-file.ts';
import { generationFor } from './providers/generation.ts';
import { isNamed, keyAdvice, missingKey, resolveEndpoint, type Endpoint, type Wanted } from './providers/resolve.ts';
import { bambooDefaults, type BambooOptions } from './options.ts';

/** Settles provider and model of a run before anything is made; a missing key ends it here. */
export function chooseBamboo(request: ChoiceRequest): Choice {
  const { env, workspace, options } = request;
  const wanted = wantedOf(request);
  const endpoint = endpointFor(wanted, workspace, env);
  const bamboo = optionsOf(options.bamboo, env, request.stored?.artifacts);
  // Refuses what the vendor would refuse.
  generationFor(endpoint, request.effort, bamboo);
  const warnings = endpoint.known ? [] : [`the model ${endpoint.model} is not in the catalogue of ${endpoint.name}; it is used as it is`];
  const chosen: Choice = { provider: endpoint.name, model: endpoint.model, warnings, artifacts: { provider_named: isNamed(wanted) } };
  return endpoint.key ? chosen : { ...chosen, failure: failure('auth', missingKey, { next_action: keyAdvice(endpoint.provider) }) };
}

function wantedOf({ provider, model, stored }: ChoiceRequest): Wanted {
  return {
    provider,
    model,
    storedProvider: stored?.provider,
    storedModel: requestedModel(stored),
    storedByName: stored?.artifacts['provider_named'] === true,
  };
}

// Vendors answer under names that they do not accept: what was asked for is asked for again, unless somebody changed it.
function requestedModel(stored: SessionRecord | undefined): string | undefined {
  const { requested_model: requested, answered_model: answered } = stored?.artifacts ?? {};
  return typeof requested === 'string' && stored?.model === answered ? requested : (stored?.model ?? undefined);
}

/** The endpoint of a wish, with catalogue and configuration of the user and the workspace. */
export function endpointFor(wanted: Wanted, workspace: string, env: NodeJS.ProcessEnv): Endpoint {
  return resolveEndpoint(wanted, loadCatalogue(workspace, env['HOME']), env, readBambooConfig(env));
}

/** Flags over what the session keeps over the configuration file over the defaults. */
export function optionsOf(flags: Partial<BambooOptions> | undefined, env: NodeJS.ProcessEnv, artifacts?: Record<string, unknown>): BambooOptions {
  const { max_tokens } = readBambooConfig(env);
  const kept = artifacts?.['generation'] as Partial<BambooOptions> | undefined;
  return { ...bambooDefaults, ...(max_tokens === undefined ? {} : { maxTokens: max_tokens }), ...kept, ...flags };
}
