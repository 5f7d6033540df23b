import type { ErrorObject } from 'ajv';
import type { Json } from '../../schemas/json.ts';

/**
 * Leaves out the errors of single variants of a failed `anyOf` or `oneOf`, and of single items of a failed `contains`: they contradict
 * one another ("must be string", "must be object"), and the error of the whole says what counts.
 */
export function dropVariantErrors(errors: ErrorObject[], root: Json): ErrorObject[] {
  const dropped = new Set<ErrorObject>();
  errors.forEach((whole, index) => {
    if (!['anyOf', 'oneOf', 'contains'].includes(whole.keyword)) return;
    const variants = [whole.schema as Json].flat();
    const inside = new Set<unknown>();
    for (const variant of variants) collect(variant, root, inside);
    // A validator reports the errors of the variants before that of the whole.
    for (const error of errors.slice(0, index)) {
      const isBelow = error.instancePath === whole.instancePath || error.instancePath.startsWith(`${whole.instancePath}/`);
      if (isBelow && (inside.has(error.parentSchema) || (error.keyword === 'false schema' && variants.includes(false)))) dropped.add(error);
    }
  });
  return errors.filter((error) => !dropped.has(error));
}

/** Every schema object inside, also behind references into the same document. */
function collect(schema: unknown, root: Json, found: Set<unknown>): void {
  if (typeof schema !== 'object' || schema === null || found.has(schema)) return;
  found.add(schema);
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$ref' && typeof value === 'string') collect(resolve(value, root), root, found);
    else collect(value, root, found);
  }
}

function resolve(reference: string, root: Json): unknown {
  if (!reference.startsWith('#')) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}
