import { existsSync } from 'node:fs';
import { isOdwError } from '../../../src/errors/error.ts';
import { readPriceFile } from '../../usage/price-file.ts';
import { version } from '../../version.ts';
import type { Diagnosis, DiagnoseRequest } from '../runtime.ts';
import { optionsOf } from './choose.ts';
import { loadCatalogue } from './providers/catalogue.ts';
import { readBambooConfig } from './providers/config-file.ts';
import { generationFor } from './providers/generation.ts';
import { keyAdvice, resolveEndpoint, type Endpoint } from './providers/resolve.ts';

/** What a bamboo run without further flags would use, and whether it has a key. `live` makes one tiny call. */
export async function diagnoseBamboo({ workspace = process.cwd(), provider, live }: DiagnoseRequest, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const catalogue = loadCatalogue(workspace, env['HOME']);
  const endpoint = resolveEndpoint({ provider }, catalogue, env, readBambooConfig(env));
  const warnings = endpoint.known ? [] : [`the model ${endpoint.model} is not in the catalogue of ${endpoint.name}`];
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
      live_check: live && endpoint.key ? await liveCheck(endpoint, env) : null,
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

async function liveCheck(endpoint: Endpoint, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const startedMs = Date.now();
  try {
    const { createChatModel } = await import('./model/ai-adapter.ts');
    const model = createChatModel({ endpoint, generation: generationFor(endpoint, 'none', optionsOf({}, env)), cacheKey: 'bamboo-live-check', params: {} });
    const reply = await model.call({
      system: 'Answer with the word ok.',
      messages: [{ role: 'user', kind: 'task', text: 'ping' }],
      tools: [],
      maxTokens: 32,
      signal: AbortSignal.timeout(10_000),
      onActivity: () => undefined,
    });
    return { ok: true, model: reply.model, elapsed_ms: Date.now() - startedMs };
  } catch (error) {
    const failure = (error as { failure?: unknown }).failure;
    return { ok: false, elapsed_ms: Date.now() - startedMs, error: failure ?? (isOdwError(error) ? error.message : String(error)) };
  }
}
