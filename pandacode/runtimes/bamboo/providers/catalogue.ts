import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '../../../errors/raise.ts';
import shipped from './catalogue.json' with { type: 'json' };

/** What is particular about a vendor's Chat Completions or Messages endpoint. Data only; `request-body.ts` applies it. */
export interface Quirks {
  /**
   * How thinking is turned on and off: `type` = `thinking:{type}`; `type_kept` = the same and kept over turns;
   * `off_only` = only off is said; `enable_thinking` = a boolean; `budget` = tokens; `always` and `none` = not at all.
   */
  thinking: 'type' | 'type_kept' | 'off_only' | 'enable_thinking' | 'budget' | 'always' | 'none';
  /** The vendor's word for an effort, or a budget in tokens. An effort that is missing is not sent. */
  effort?: Record<string, string | number>;
  max_tokens_field: 'max_tokens' | 'max_completion_tokens';
  /** `tool_calls`: an assistant turn with tool calls must have `reasoning_content`, if need be an empty one. */
  reasoning_echo: 'tool_calls' | 'replay';
  drop_while_thinking?: string[];
  drop?: string[];
  extra?: Record<string, unknown>;
  /** Fields to leave out when the vendor answers 400 to a request that has them. */
  droppable?: string[];
  /** Sampling is fixed to these values: nothing is sent, and another explicit value is refused. */
  fixed_sampling?: Record<string, number> | null;
  cache_key?: boolean;
  cache_retention?: boolean;
  /** Header that carries the key beside `Authorization`. */
  key_header?: string;
}

export interface Provider {
  title: string;
  api: 'chat' | 'messages';
  base_url: string;
  other_base_urls?: Record<string, string>;
  anthropic_base_url?: string;
  other_anthropic_base_urls?: Record<string, string>;
  /** Where the vendor speaks the Responses protocol. */
  responses_base_url?: string;
  other_responses_base_urls?: Record<string, string>;
  default_model: string;
  key_variables: string[];
  /** Base URL that belongs to a key variable. */
  key_base_urls?: Record<string, { base_url: string }>;
  /** Keys with this prefix belong to the named other base URL. */
  plan_keys?: { prefix: string; base_url: string };
  aliases: string[];
  /** Model ids that belong to this vendor. */
  model_pattern?: string;
  /** Used only when named, never inferred from a model. */
  named_only?: boolean;
  quirks: Quirks;
  model_quirks?: ({ match: string } & Partial<Quirks>)[];
}

export interface CatalogueModel {
  id: string;
  provider: string;
  /** Context window in tokens. */
  context: number;
  max_output: number | null;
  [field: string]: unknown;
}

export interface Catalogue {
  providers: Record<string, Provider>;
  models: CatalogueModel[];
}

/** The shipped vendors and models, with the user's and the workspace's `.pandacode/models.json` merged over them. */
export function loadCatalogue(workspace?: string, home: string = homedir()): Catalogue {
  const catalogue = structuredClone({ providers: shipped.providers, models: shipped.models }) as unknown as Catalogue;
  const files = [join(home, '.pandacode/models.json'), ...(workspace ? [join(workspace, '.pandacode/models.json')] : [])];
  for (const file of files) {
    const text = readText(file);
    if (text !== undefined) mergeOver(catalogue, text, file);
  }
  return catalogue;
}

/** The entry of a model, by id without regard to case. */
export function catalogueModel(catalogue: Catalogue, provider: string, id: string): CatalogueModel | undefined {
  return catalogue.models.find((one) => one.provider === provider && one.id.toLowerCase() === id.toLowerCase());
}

/** The quirks that hold for one model: the vendor's, then those of every matching row. */
export function quirksFor(provider: Provider, model: string): Quirks {
  const result: Quirks = { ...provider.quirks };
  for (const { match, ...quirks } of provider.model_quirks ?? []) if (new RegExp(match, 'i').test(model)) Object.assign(result, quirks);
  return result;
}

function mergeOver(catalogue: Catalogue, text: string, file: string): void {
  let over: Partial<Catalogue>;
  try {
    over = JSON.parse(text) as Partial<Catalogue>;
  } catch (error) {
    throw usageError(`${file} cannot be read as JSON: ${(error as Error).message}`, 'Correct the file, or remove it.');
  }
  for (const [name, part] of Object.entries(over.providers ?? {})) {
    const known = catalogue.providers[name];
    const merged = { ...known, ...part, quirks: { ...known?.quirks, ...part.quirks } };
    if (!merged.base_url || !merged.default_model)
      throw usageError(`${file}: the provider ${name} needs base_url and default_model`, 'Add the missing fields, or remove the provider.');
    catalogue.providers[name] = {
      ...merged,
      title: merged.title ?? name,
      api: merged.api ?? 'chat',
      key_variables: merged.key_variables ?? [`${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_API_KEY`],
      aliases: merged.aliases ?? [],
      quirks: {
        ...merged.quirks,
        thinking: merged.quirks.thinking ?? 'none',
        max_tokens_field: merged.quirks.max_tokens_field ?? 'max_tokens',
        reasoning_echo: merged.quirks.reasoning_echo ?? 'replay',
      },
    };
  }
  for (const model of over.models ?? []) {
    const at = catalogue.models.findIndex((one) => one.provider === model.provider && one.id === model.id);
    if (at >= 0) catalogue.models[at] = { ...catalogue.models[at]!, ...model };
    else catalogue.models.push({ ...model, source: model['source'] ?? file });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
