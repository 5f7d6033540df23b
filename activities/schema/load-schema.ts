import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Json } from '../../schemas/json.ts';
import { compileSchema } from '../../src/schema/compile.ts';

export type LoadedSchema = { ok: true; name: string; json: Json } | { ok: false; name: string; message: string };

/**
 * The schema that `options.schema` names (SCH-01): an object is the schema itself, a string a JSON file relative to the root.
 * Never throws: what cannot be read, parsed or compiled is `ok: false` with a sentence (SCH-02).
 *
 * @param root project directory, absolute
 */
export async function loadSchema(root: string, reference: Json): Promise<LoadedSchema> {
  if (typeof reference === 'string') return loadFile(root, reference);
  if (typeof reference !== 'object' || reference === null || Array.isArray(reference)) {
    return { ok: false, name: 'inline schema', message: `schema must be a JSON Schema object or the path of a JSON file; got ${JSON.stringify(reference)}` };
  }
  const name = typeof reference['title'] === 'string' && reference['title'] !== '' ? reference['title'] : 'inline schema';
  return checked(name, reference, `schema "${name}"`);
}

async function loadFile(root: string, name: string): Promise<LoadedSchema> {
  const path = resolve(root, name);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return { ok: false, name, message: `schema file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}` };
  }
  try {
    return checked(name, JSON.parse(text.replace(/^\ufeff/, '')) as Json, `schema file ${path}`);
  } catch (error) {
    return { ok: false, name, message: `schema file ${path} is not JSON: ${(error as Error).message}` };
  }
}

function checked(name: string, json: Json, what: string): LoadedSchema {
  const compiled = compileSchema(json);
  return compiled.ok ? { ok: true, name, json } : { ok: false, name, message: `${what} is not a usable JSON Schema: ${compiled.message}` };
}
