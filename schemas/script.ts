import * as z from 'zod';
import { json } from './json.ts';
import { scriptLimits } from './limits.ts';

/** The rules that a script is written for (features.md section 1). */
export const dialectName = z.enum(['odw', 'claude']);
export type Dialect = z.infer<typeof dialectName>;

/** `export const meta` as far as odw uses it (META-01). Other fields are kept for `meta` readers. */
export const scriptMeta = z.object({
  name: z.string(),
  description: z.string().optional(),
  whenToUse: z.string().nullable().optional(),
  dialect: dialectName.optional(),
  phases: z.array(z.object({ title: z.string(), detail: z.string().optional(), model: z.string().optional() })),
  limits: scriptLimits.optional(),
  /** For a provider that is used up, those that take its nodes over (QUOTA-07). */
  failover: z.record(z.string(), z.array(z.string())).optional(),
  /** Ids of the skills that all its nodes go by (SKILL-01); absent = none. */
  skills: z.array(z.string()).optional(),
  /** What of the limits makes no sense, a sentence each. */
  limitProblems: z.array(z.string()).optional(),
});
export type ScriptMeta = z.infer<typeof scriptMeta>;

/** A parsed, checked and transpiled workflow script: what travels into the Temporal workflow (DESIGN D1). */
export const compiledScript = z.object({
  /** Absolute path of the script file. */
  path: z.string(),
  /** The file's exact text. */
  source: z.string(),
  /** Hex SHA-256 of the exact text. */
  sha256: z.string(),
  form: z.enum(['top-level', 'function']),
  /** The dialect that holds: named by the caller, by `meta`, or by the script that calls this one (DIAL-01); absent = odw. */
  dialect: dialectName.optional(),
  meta: scriptMeta,
  /** True when `meta` was a literal read from the syntax tree; false when absent or only known when the script runs. */
  metaIsLiteral: z.boolean(),
  /** The body of an async function, with loop guards put in. Lines are those of `source`. */
  body: z.string(),
  /** Text put in on a line, so that columns can be mapped back: line (1-based, as string) to `[column in body, length]`, columns 0-based, ascending. */
  inserts: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
});
export type CompiledScript = z.infer<typeof compiledScript>;

/** What a script got as input, and its exact text's hash. */
export const scriptInput = z.object({ value: json, sha256: z.string() });
export type ScriptInput = z.infer<typeof scriptInput>;
