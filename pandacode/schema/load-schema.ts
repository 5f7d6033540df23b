import { readFileSync } from 'node:fs';
import type { Json } from '../../schemas/json.ts';
import { usageError } from '../errors/raise.ts';
import type { JsonSchema } from './json-schema.ts';

export interface LoadedSchema {
  schema: JsonSchema;
  /** Problems of a value, one line each with a JSON path; empty = it matches. */
  problems(value: unknown): string[];
}

/** Reads and compiles a schema file (JSON Schema 2020-12). An unreadable or invalid one is a usage error. */
export async function loadSchema(path: string): Promise<LoadedSchema> {
  let schema: JsonSchema;
  try {
    schema = JSON.parse(readFileSync(path, 'utf8')) as JsonSchema;
  } catch (error) {
    throw usageError(`--schema-file ${path} cannot be read as JSON: ${(error as Error).message}`);
  }
  return compileSchema(schema, path);
}

/** Compiles a schema; `name` appears in the error. The compiler is loaded only when a task has a schema. */
export async function compileSchema(schema: JsonSchema, name: string): Promise<LoadedSchema> {
  const { compileSchema: compile } = await import('../../src/schema/compile.ts');
  const compiled = compile(schema as Json);
  if (!compiled.ok) throw usageError(`--schema-file ${name} is not a valid JSON Schema 2020-12: ${compiled.message}`);
  return { schema, problems: compiled.validate };
}
