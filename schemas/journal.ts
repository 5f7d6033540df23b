import * as z from 'zod';
import { json } from './json.ts';

/**
 * Inner journal event (EVT-04): `type`, ISO time, and the type's own fields.
 *
 * EVT-05: `parallel_*`, `pipeline_*` and `workflow_call_*` carry `id`, their own group id (`g1`, `g2`, …). Every agent, group,
 * item and worktree event carries `group`, the id of the enclosing group (absent at top level), `item` (0-based index in it)
 * and, in a pipeline, `stage` (0-based).
 * Text that the script wrote to stderr is `{type:"stderr", message}` with `stream:"stderr"`; its stream record has the text as `raw`.
 */
export const innerEvent = z.object({ type: z.string(), ts: z.string() }).catchall(json);
export type InnerEvent = z.infer<typeof innerEvent>;

/**
 * What the workflow hands to its journal sink: one numbered event, and what only state.json needs to know of it
 * (checkpoint values, fingerprints, budget). Numbers start at 1 and have no gaps.
 */
export const sinkRecord = z.object({
  seq: z.number().int(),
  ts_ms: z.number(),
  event: innerEvent,
  state: z.record(z.string(), json).optional(),
  stream: z.enum(['stdout', 'stderr']),
});
export type SinkRecord = z.infer<typeof sinkRecord>;

export const launchRecord = z.object({
  type: z.literal('launch'),
  seq: z.literal(0),
  ts_ms: z.number(),
  run_id: z.string(),
  action: z.literal('exec'),
  script: z.string(),
  backend: z.string(),
  runner: z.literal('temporal'),
  state_path: z.string(),
  resume_from: z.string().nullable(),
  resume_state_path: z.string().nullable(),
  command: z.array(z.string()),
  shell: z.string(),
});

export const streamRecord = z.object({
  type: z.literal('script_stream'),
  seq: z.number().int(),
  ts_ms: z.number(),
  stream: z.enum(['stdout', 'stderr']),
  /** The printed line of the event (section 13.2 of docs/spec/odw.md). */
  summary: z.string(),
  raw: z.union([innerEvent, z.string()]),
});
export type StreamRecord = z.infer<typeof streamRecord>;

export const exitRecord = z.object({
  type: z.literal('exit'),
  seq: z.number().int(),
  ts_ms: z.number(),
  status: z.enum(['completed', 'failed', 'cancelled']),
  code: z.number().int(),
});

/** One line of events.jsonl (EVT-01 to EVT-03). */
export const journalRecord = z.discriminatedUnion('type', [launchRecord, streamRecord, exitRecord]);
export type JournalRecord = z.infer<typeof journalRecord>;
