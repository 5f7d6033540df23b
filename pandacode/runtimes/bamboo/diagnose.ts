import { existsSync } from 'node:fs';
import { isOdwError } from '../../../src/errors/error.ts';
import { readPriceFile } from '../../usage/price-file.ts';
import { version } from '../../version.ts';
import type { Diagnosis, DiagnoseRequest } from '../runtime.ts';
import { optionsOf } from './choose.ts';
import { loadCatalogue, type Catalogue } from './providers/catalogue.ts';
import { readBambooConfig } from './providers/config-file.ts';
import { generationFor } from './providers/generation.ts';
import { keyAdvice, resolveEndpoint, type Endpoint } from './providers/resolve.ts';

const liveLimitMs = 30_000;

/** What a bamboo run without further flags would use, and which vendors have a key. `live` makes one tiny call of each that has one. */
export async function diagnoseBamboo({ workspace = process.cwd(), provider, live }: DiagnoseRequest, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const catalogue = loadCatalogue(workspace, env['HOME']);
  const endpoint = resolveEndpoint({ provider }, catalogue, env, readBambooConfig(env));
  const warnings = endpoint.known ? [] : [`the model ${endpoint.model} is not in the catalogue of ${endpoint.name}`];
  const wanted = provider === undefined ? everyEndpoint(endpoint, catalogue, env) : [endpoint];
  const asked = live ? wanted.filter((one) => one.key !== undefined) : [];
  const checks = new Map(await Promise.all(asked.map(async (one) => [one.name, await liveCheck(one, env)] as const)));
  const prices = readPriceFile({ workspace, env }, (warning) => warnings.push(warning));
  return {
    requirements: ['api_key'],
    missing: endpoint.key ? [] : ['api_key'],
    version,
    warnings,
    configured: endpoint.key !== undefined,
    extra: {
      active: {
        provider: endpoint.name,
        model: endpoint.model,
        base_url: endpoint.baseUrl,
        api_key_present: endpoint.key !== undefined,
        model_known: endpoint.known !== undefined,
        price_file: prices.path,
        price_file_present: prices.path === 'builtin' || existsSync(prices.path),
      },
      ...(endpoint.key ? {} : { next_action: keyAdvice(endpoint.provider) }),
      live_check: checks.get(endpoint.name) ?? null,
      providers: wanted.map((one) => ({
        name: one.name,
        title: one.provider.title,
        model: one.model,
        api_key_present: one.key !== undefined,
        key_variables: one.provider.key_variables,
        ...(one.key ? {} : { next_action: keyAdvice(one.provider) }),
        live_check: checks.get(one.name) ?? null,
      })),
      models: catalogue.models.filter((one) => one.provider === endpoint.name).map((one) => one.id),
    },
  };
}

/** The shipped catalogue, in the form that callers read. */
export async function bambooModels({ workspace, provider }: DiagnoseRequest, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const catalogue = loadCatalogue(workspace, env['HOME']);
  const wanted = provider === undefined ? undefined : resolveEndpoint({ provider }, catalogue, env, {}).name;
  const isWanted = (name: string) => wanted === undefined || name === wanted;
  const providers = Object.entries(catalogue.providers).filter(([name]) => isWanted(name));
  return {
    ok: true,
    raw: {
      source: 'builtin',
      providers: providers.map(([name, { title, api, base_url, default_model, key_variables, aliases }]) => ({
        name,
        title,
        api,
        base_url,
        default_model,
        key_variables,
        aliases,
        api_key_present: key_variables.some((variable) => Boolean(env[variable])),
      })),
      models: catalogue.models.filter((one) => isWanted(one.provider)),
      provider_params: providers.map(([name, { quirks, model_quirks }]) => ({ provider: name, ...quirks, models: model_quirks ?? [] })),
    },
  };
}

/** All vendors. A key for any vendor counts for the one that a run would use alone. */
function everyEndpoint(active: Endpoint, catalogue: Catalogue, env: NodeJS.ProcessEnv): Endpoint[] {
  return Object.keys(catalogue.providers).map((name) => {
    if (name === active.name) return active;
    const one = resolveEndpoint({ provider: name }, catalogue, env, {});
    const hasOwnKey = one.provider.key_variables.some((variable) => env[variable]?.trim());
    return hasOwnKey ? one : { ...one, key: undefined };
  });
}

async function liveCheck(endpoint: Endpoint, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const startedMs = Date.now();
  try {
    const [{ createChatModel }, { transportFor }] = await Promise.all([import('./model/ai-adapter.ts'), import('./model/transport.ts')]);
    const generation = generationFor(endpoint, 'none', optionsOf({}, env));
    const fetch = await transportFor(endpoint.baseUrl, liveLimitMs, env);
    const model = createChatModel({ endpoint, generation, cacheKey: 'bamboo-live-check', params: {}, fetch });
    const reply = await model.call({
      system: 'Answer with the word ok.',
      messages: [{ role: 'user', kind: 'task', text: 'ping' }],
      tools: [],
      maxTokens: 32,
      signal: AbortSignal.timeout(liveLimitMs),
      onActivity: () => undefined,
    });
    return { ok: true, model: reply.model, elapsed_ms: Date.now() - startedMs };
  } catch (error) {
    const failure = (error as { failure?: unknown }).failure;
    return { ok: false, elapsed_ms: Date.now() - startedMs, error: failure ?? (isOdwError(error) ? error.message : String(error)) };
  }
}
