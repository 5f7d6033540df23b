import type { Catalogue } from './catalogue.ts';

/** The provider that a name means: its own, or one of its aliases, without regard to case. */
export function providerNamed(catalogue: Catalogue, name: string): string | undefined {
  const wanted = name.trim().toLowerCase();
  return Object.entries(catalogue.providers).find(([own, { aliases }]) => own === wanted || aliases.includes(wanted))?.[0];
}

/** The provider that a model's id or a brand name belongs to. Vendors that must be named are never found. */
export function providerOfModel(catalogue: Catalogue, model: string): string | undefined {
  const wanted = model.trim().toLowerCase();
  const inferable = (name: string | undefined) => (name !== undefined && !catalogue.providers[name]?.named_only ? name : undefined);
  const known = catalogue.models.find((one) => one.id.toLowerCase() === wanted && inferable(one.provider));
  if (known) return known.provider;
  const named = inferable(providerNamed(catalogue, wanted));
  if (named) return named;
  return Object.entries(catalogue.providers).find(
    ([name, { model_pattern }]) => inferable(name) && model_pattern !== undefined && new RegExp(model_pattern, 'i').test(wanted),
  )?.[0];
}

/** Whether a name is a brand rather than the id of a model: it selects the vendor's default model. */
export function isBrandName(catalogue: Catalogue, name: string): boolean {
  const isModel = catalogue.models.some((one) => one.id.toLowerCase() === name.trim().toLowerCase());
  return !isModel && providerNamed(catalogue, name) !== undefined;
}
