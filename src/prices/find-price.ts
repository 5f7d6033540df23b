/** What a model costs, per million tokens; see schemas/rates.ts. */
export interface Price {
  model?: string | undefined;
  currency: string;
  input: number;
  cache_hit_input?: number | undefined;
  cache_miss_input?: number | undefined;
  cache_write_input?: number | undefined;
  output: number;
}

/**
 * Looks a model up in a table of prices: by `provider:model` and `provider/model`, by an entry of that provider whose model is spelled alike,
 * then by the model alone. A date at the end of a model's name, as in `-20261101`, may be missing from the table.
 *
 * @param providers names for whose service it is; none = whoever offers a model of this name
 */
export function findPrice(table: Record<string, Price>, providers: readonly string[], model: string): Price | undefined {
  for (const name of new Set([model, model.replace(/[-@]\d{8}$/, '')])) {
    for (const provider of providers) {
      const found = own(table, `${provider}:${name}`) ?? own(table, `${provider}/${name}`) ?? alike(table, name, (of) => of === provider);
      if (found) return found;
    }
    const found = own(table, name) ?? alike(table, name, (of) => of === undefined || providers.length === 0);
    if (found) return found;
  }
  return undefined;
}

// Lower case, punctuation as "-".
function alike(table: Record<string, Price>, model: string, isAsked: (provider: string | undefined) => boolean): Price | undefined {
  const wanted = plain(model);
  return Object.entries(table).find(([key, price]) => {
    const [, provider, name = key] = /^([^:/]+)[:/](.*)$/.exec(key) ?? [];
    return isAsked(provider) && plain(price.model ?? name) === wanted;
  })?.[1];
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function own(table: Record<string, Price>, key: string): Price | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
