import * as z from 'zod';
import { json } from './json.ts';
import { usage } from './limits.ts';
import { restartedWith } from './node.ts';
import { runOptions } from './options.ts';
import { compiledScript } from './script.ts';

/** A result of an earlier run, offered for reuse by key and fingerprint (KEY-05). */
export const reusableNode = z.object({
  fingerprint: z.string(),
  value: json,
  tokens: z.number().nullable(),
  label: z.string(),
  /** Where the node stood, and the parts of its fingerprint (src/keys/parts.ts): for people who ask why it runs again. */
  phase: z.string().optional(),
  index: z.number().optional(),
  parts: z.string().optional(),
  restartedWith: restartedWith.optional(),
  /** Where the value is, when it is not here: an item of a blob of results. */
  held: z.object({ sha256: z.string(), item: z.number() }).optional(),
});
export type ReusableNode = z.infer<typeof reusableNode>;

/** Nodes that are to run again although a result is there: `--rerun` and `--from-phase`. */
export const askedAgain = z.object({ keys: z.array(z.string()), labels: z.array(z.string()), phases: z.array(z.string()) });
export type AskedAgain = z.infer<typeof askedAgain>;

/** Input of the Temporal workflow: everything that shapes a run (PROC-09). */
export const runInput = z.object({
  version: z.literal(1),
  runId: z.string(),
  root: z.string(),
  runDir: z.string(),
  script: compiledScript,
  args: json,
  /** True when no input was given at all: the dialect claude tells that from null (DIAL-25). */
  argsOmitted: z.boolean().optional(),
  inputSha256: z.string(),
  /** The exact input text; null when it is the JSON of `args` letter by letter, or empty for a null. */
  inputRaw: z.string().nullable(),
  /** Executor flags that the run was given. */
  executor: z.object({ pandacodeBin: z.string().nullable(), codexctlBin: z.string().nullable() }),
  options: runOptions,
  /** The `--resume` text, or "". */
  resumeFrom: z.string(),
  resumedFrom: z.string().nullable(),
  /** First run of the lineage; absent or null when the run is no resume. */
  lineageRoot: z.string().nullable().optional(),
  reuse: z
    .object({
      nodes: z.record(z.string(), reusableNode),
      /** Results of the same lineage that a later one under their key replaced: an edit may be taken back. Newest first. */
      older: z.array(reusableNode.extend({ key: z.string() })).optional(),
      again: askedAgain.optional(),
      checkpoints: z.record(z.string(), json),
      spent: z.number(),
      approx: z.boolean(),
      usage: usage.optional(),
      /** Entries of an older tool that have no usable fingerprint (KEY-07). */
      ignored: z.number().optional(),
    })
    .nullable(),
  preview: z.boolean(),
  /** The script is only played, to tell what a resume would do (EXPL-01): with a closed run, or with one that it would go on with. */
  explain: z.union([z.boolean(), z.literal('open')]).optional(),
  /** Set when a schedule starts the run: then run id, folder and start are those of the execution (CLI-09). */
  scheduled: z.object({ schedule: z.string() }).optional(),
  startedMs: z.number(),
  /** Events of history after which the run goes on in a new execution; for tests. */
  continueAfterEvents: z.number().int().positive().optional(),
  /** Equivalent `odw exec` command. */
  command: z.array(z.string()),
  shell: z.string(),
  odwVersion: z.string(),
  nodeVersion: z.string(),
});
export type RunInput = z.infer<typeof runInput>;

/** What the Temporal workflow returns. `result` is absent when the script returned nothing (RET-01). */
export const runOutput = z.object({
  ok: z.boolean(),
  result: json.optional(),
  error: z.object({ category: z.string(), message: z.string(), stack: z.string().optional() }).optional(),
});
export type RunOutput = z.infer<typeof runOutput>;
