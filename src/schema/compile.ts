import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json } from '../../schemas/json.ts';
import { findContradiction } from './contradiction.ts';
import { describeIssues } from './issues.ts';

export type CompiledSchema =
  | /** `validate` returns the issues of a value (SCH-09); none = the value matches. */ { ok: true; validate: (value: unknown) => string[] }
  | { ok: false; message: string };

const options: Options = {
  // Strict mode refuses schemas that the standard allows (unknown keywords, `properties` without `type`).
  strict: false,
  allErrors: true,
  ownProperties: true,
  // Issues name the parent schema of an error, to tell a variant's errors from others.
  verbose: true,
  logger: false,
};

/**
 * Compiles a JSON Schema 2020-12 (SCH-08); draft-07 and 2019-09 when `$schema` says so.
 * Not ok: invalid, contradictory, asynchronous, or with a `$ref` to another document, which is never fetched (SCH-02).
 *
 * A pattern runs on JavaScript's backtracking engine: a script's author can write one that takes exponential time.
 */
export function compileSchema(json: Json): CompiledSchema {
  if (typeof json !== 'boolean' && (typeof json !== 'object' || json === null || Array.isArray(json))) {
    return { ok: false, message: `a schema must be an object or a boolean; got ${Array.isArray(json) ? 'array' : json === null ? 'null' : typeof json}` };
  }
  const contradiction = findContradiction(json);
  if (contradiction !== undefined) return { ok: false, message: `the schema accepts no value: ${contradiction}` };
  let compiled: ValidateFunction;
  try {
    compiled = compileWithAjv(json);
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
  if ('$async' in compiled) return { ok: false, message: '$async schemas are not supported' };
  return { ok: true, validate: (value) => issuesOf(compiled, json, value) };
}

function compileWithAjv(json: object | boolean): ValidateFunction {
  try {
    return compilerFor(json, true).compile(json);
  } catch (error) {
    // `\-` and the like are legal without the unicode flag, and common.
    if (/Invalid regular expression/.test((error as Error).message)) return compilerFor(json, false).compile(json);
    throw error;
  }
}

function compilerFor(json: object | boolean, unicodeRegExp: boolean): Ajv {
  const dialect = String((json as { $schema?: unknown }).$schema ?? '');
  const Compiler = /draft-07/.test(dialect) ? Ajv : /2019-09/.test(dialect) ? Ajv2019 : Ajv2020;
  const compiler = new Compiler({ ...options, unicodeRegExp });
  addFormats.default(compiler);
  return compiler;
}

function issuesOf(compiled: ValidateFunction, schema: Json, value: unknown): string[] {
  try {
    if (compiled(value)) return [];
  } catch (error) {
    // Nested too deeply for the stack, or a property that shadows what a deep comparison calls.
    return [`$ cannot be validated: ${(error as Error).message}`];
  }
  return describeIssues(compiled.errors ?? [], schema);
}
