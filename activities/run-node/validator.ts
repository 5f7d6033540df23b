import type { Json } from '../../schemas/json.ts';
import { compileSchema, type CompiledSchema } from '../../src/schema/compile.ts';

const LIMIT = 64;
const compiled = new Map<string, CompiledSchema>();

/** The validator of a schema. Compiling takes milliseconds and the nodes of a run share few schemas, so the last ones are kept. */
export function validatorFor(schema: Json): CompiledSchema {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known) return known;
  const fresh = compileSchema(schema);
  const oldest = compiled.keys().next();
  if (compiled.size >= LIMIT && !oldest.done) compiled.delete(oldest.value);
  compiled.set(text, fresh);
  return fresh;
}
