import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
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

/** Compiles a schema; `name` appears in the error. */
export async function compileSchema(schema: JsonSchema, name: string): Promise<LoadedSchema> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { default: addFormats } = await import('ajv-formats');
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: true, ownProperties: true, logger: false });
  addFormats.default(ajv);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    throw usageError(`--schema-file ${name} is not a valid JSON Schema 2020-12: ${(error as Error).message}`);
  }
  return { schema, problems: (value) => (validate(value) ? [] : lines(validate)) };
}

function lines(validate: ValidateFunction): string[] {
  const all = (validate.errors ?? []).map((error) => {
    const path = `$${error.instancePath.split('/').slice(1).map(segment).join('')}`;
    const missing = error.keyword === 'required' ? (error.params as { missingProperty?: string }).missingProperty : undefined;
    if (missing !== undefined) return `${path}${segment(missing)} is required`;
    const allowed = error.keyword === 'enum' ? `: ${JSON.stringify((error.params as { allowedValues?: unknown }).allowedValues)}` : '';
    const extra = error.keyword === 'additionalProperties' ? ` (${(error.params as { additionalProperty?: string }).additionalProperty})` : '';
    return `${path} ${error.message ?? error.keyword}${allowed}${extra}`;
  });
  return [...new Set(all)].slice(0, 40);
}

function segment(name: string): string {
  const plain = name.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(plain) ? `[${plain}]` : `.${plain}`;
}
