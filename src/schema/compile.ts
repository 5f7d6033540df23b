import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json } from '../../schemas/json.ts';
import { findContradiction } from './contradiction.ts';
import { describeIssues } from './issues.ts';

/** `validate` returns the issues of a value (SCH-09); none = the value matches. */
export type CompiledSchema = { ok: true; validate: (value: unknown) => string[] } | { ok: false; message: string };

const options: Options = {
  // Strict mode refuses schemas that the standard allows (unknown keywords, `properties` without `type`).
  strict: false,
  allErrors: true,
  ownProperties: true,
  // Issues name the parent schema of an error, to tell a variant's errors from others.
  verbose: true,
  logger: false,
  // Makes the code a little shorter, and takes as long as everything else about a schema with thousands of properties.
  code: { optimize: false },
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
    return compileWith(compilerFor(json, true), json);
  } catch (error) {
    // `\-` and the like are legal without the unicode flag, and common.
    if (/Invalid regular expression/.test((error as Error).message)) return compileWith(compilerFor(json, false), json);
    throw error;
  }
}

function compileWith(compiler: Ajv, json: object | boolean): ValidateFunction {
  try {
    return compiler.compile(json);
  } finally {
    // Compilers are shared, schemas are not: another schema may have the same $id, and none may be referred to by it.
    if (typeof json === 'object') compiler.removeSchema(json);
  }
}

const compilers = new Map<string, Ajv>();

/** The compiler of a schema's dialect. Shared where possible, since making one costs far more than compiling a schema. */
function compilerFor(json: object | boolean, unicodeRegExp: boolean): Ajv {
  const declared = String((json as { $schema?: unknown }).$schema ?? '');
  const dialect = /draft-07|2019-09/.exec(declared)?.[0] ?? '2020-12';
  const make = () => addFormats.default(new (dialect === 'draft-07' ? Ajv : dialect === '2019-09' ? Ajv2019 : Ajv2020)({ ...options, unicodeRegExp }));
  // What a schema names inside itself stays in its compiler, and would meet the same name in the next schema.
  if (/"\$(id|anchor|dynamicAnchor|recursiveAnchor)"/.test(JSON.stringify(json))) return make();
  const name = `${dialect} ${String(unicodeRegExp)}`;
  const compiler = compilers.get(name) ?? make();
  compilers.set(name, compiler);
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
