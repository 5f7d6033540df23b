import { usageError } from '../../../errors/raise.ts';
import { catalogueModel, quirksFor, type Catalogue, type CatalogueModel, type Provider, type Quirks } from './catalogue.ts';
import type { BambooConfig } from './config-file.ts';
import { isBrandName, providerNamed, providerOfModel } from './provider-of.ts';

/** What was asked for and what a session remembers. */
export interface Wanted {
  provider?: string | undefined;
  model?: string | undefined;
  storedProvider?: string | undefined;
  storedModel?: string | undefined;
  /** Whether the stored provider had been named, rather than found out. */
  storedByName?: boolean | undefined;
}

/** Where requests go, with which key, model and quirks. */
export interface Endpoint {
  name: string;
  provider: Provider;
  model: string;
  /** Undefined: an unknown id. Any is allowed, since vendors change them every few weeks. */
  known: CatalogueModel | undefined;
  baseUrl: string;
  /** Undefined: no key was found. */
  key: string | undefined;
  quirks: Quirks;
}

const generic = ['PANDACODE_BAMBOO_', 'BAMBOO_'] as const;
export const missingKey = 'missing API key; set PANDACODE_BAMBOO_API_KEY, BAMBOO_API_KEY, or a provider-specific API key';

/** Settles provider, model, base URL and key of a run. Makes no request and reads no file. */
export function resolveEndpoint(wanted: Wanted, catalogue: Catalogue, env: NodeJS.ProcessEnv, config: BambooConfig): Endpoint {
  const value = (field: string) =>
    firstSet(
      env,
      generic.map((prefix) => prefix + field),
    );
  const byModel = wanted.model === undefined ? undefined : providerOfModel(catalogue, wanted.model);
  const ofVariables = value('PROVIDER') ?? config.provider;
  const chosen = wanted.provider ?? wanted.storedProvider ?? byModel ?? ofVariables ?? 'deepseek';
  const name = known(catalogue, chosen);
  // Generic values belong to one vendor: the one they were written for.
  const isGeneric = ofVariables === undefined ? !isNamed(wanted) : known(catalogue, ofVariables) === name;
  const provider = catalogue.providers[name]!;
  const own = ownVariables(provider, env);
  const ownKey = own('API_KEY');
  const genericKey = ofVariables === undefined || isGeneric ? (value('API_KEY') ?? (isGeneric ? config.api_key : undefined)) : undefined;
  const key = ownKey?.value ?? genericKey;
  const asked = wanted.model ?? (wanted.provider === undefined || known(catalogue, wanted.provider) === wanted.storedProvider ? wanted.storedModel : undefined);
  const model =
    (asked !== undefined && !isBrandName(catalogue, asked) ? asked : undefined) ??
    own('MODEL')?.value ??
    (isGeneric ? (value('MODEL') ?? config.model) : undefined) ??
    provider.default_model;
  const baseUrl = own('BASE_URL')?.value ?? (isGeneric ? (value('BASE_URL') ?? config.base_url) : undefined) ?? baseOfKey(provider, ownKey?.variable, key);
  const entry = catalogueModel(catalogue, name, model);
  return { name, provider, model: entry?.id ?? model, known: entry, baseUrl: baseUrl.replace(/\/+$/, ''), key, quirks: quirksFor(provider, model) };
}

/** What to do when there is no key: names the vendor's own variables. */
export function keyAdvice(provider: Provider): string {
  return `Set ${provider.key_variables.join(' or ')} (or PANDACODE_BAMBOO_API_KEY) to a key of ${provider.title}.`;
}

/** Whether somebody named the provider, now or when the session began. */
export function isNamed(wanted: Wanted): boolean {
  return wanted.provider !== undefined || (wanted.storedProvider !== undefined && wanted.storedByName === true);
}

function known(catalogue: Catalogue, name: string): string {
  const found = providerNamed(catalogue, name);
  if (!found)
    throw usageError(`unknown provider ${JSON.stringify(name)}; known are ${Object.keys(catalogue.providers).join(', ')}`, 'Name one of the known providers.');
  return found;
}

/** Reads `<PREFIX>_<FIELD>` for every prefix of the vendor's key variables, in their order. */
function ownVariables(provider: Provider, env: NodeJS.ProcessEnv) {
  return (field: string): { variable: string; value: string } | undefined => {
    for (const variable of provider.key_variables) {
      const name = variable.replace(/API_KEY$/, field);
      const value = env[name]?.trim();
      if (value) return { variable: name, value };
    }
    return undefined;
  };
}

// Keys of a plan, and of another region, are valid at their own address only.
function baseOfKey(provider: Provider, variable: string | undefined, key: string | undefined): string {
  const plan = provider.plan_keys;
  if (plan && key?.startsWith(plan.prefix)) return provider.other_base_urls?.[plan.base_url] ?? provider.base_url;
  return (variable === undefined ? undefined : provider.key_base_urls?.[variable]?.base_url) ?? provider.base_url;
}

function firstSet(env: NodeJS.ProcessEnv, names: string[]): string | undefined {
  for (const name of names) if (env[name]?.trim()) return env[name].trim();
  return undefined;
}
