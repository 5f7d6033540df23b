import * as z from 'zod';
import { operatorLimits } from './limits.ts';
import { runStatuses, fineStates } from './run-status.ts';
import { parkEntry } from './state.ts';

/** run.json (section 14, FILE-01, FILE-02). */
export const runFile = z
  .object({
    run_id: z.string(),
    action: z.literal('exec'),
    workflow: z.string(),
    name: z.string(),
    status: z.enum(runStatuses),
    started_ms: z.number(),
    finished_ms: z.number().nullable(),
    session_id: z.null(),
    command: z.array(z.string()),
    shell: z.string(),
    run_dir: z.string(),
    events_path: z.string(),
    debug_file: z.string(),
    backend: z.string(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    effort: z.string(),
    /** Seconds, as the flag takes them; null = no limit. */
    timeout: z.number().nullable(),
    concurrency: z.number(),
    max_agents: z.number(),
    budget: z.number().nullable(),
    limits: operatorLimits.optional(),
    auto_answer: z.boolean(),
    /** Seconds, of `--max-park`. */
    max_park: z.number().optional(),
    /** File of prices that the run was given. */
    rates: z.string().optional(),
    /** Of `--priority`; absent = 3. */
    priority: z.number().optional(),
    /** Of `--prefix-stagger-ms`; absent = 5000. */
    prefix_stagger_ms: z.number().optional(),
    /** The dialect that holds for the run's script (DIAL-01). */
    dialect: z.string().optional(),
    script_sha256: z.string(),
    input_sha256: z.string(),
    workflow_id: z.string(),
    temporal_run_id: z.string().nullable(),
    namespace: z.string().nullable(),
    /** Address of the engine and of its Web UI, when known. */
    address: z.string().nullable(),
    ui: z.string().nullable(),
    resumed_from: z.string().nullable(),
    /** First run of the lineage; null when the run is no resume. */
    lineage_root: z.string().nullable().optional(),
    preview: z.boolean(),
    odw_version: z.string(),
    /** The finer state (features.md section 2.1); an older tool did not write it. */
    state: z.enum(fineStates).optional(),
    /** Why the run is parked, while it is. */
    parked: parkEntry.nullable().optional(),
    /** SHA-256 of state.json as it was when the run had ended; an older odw did not write it. */
    state_sha256: z.string().optional(),
    error: z.object({ category: z.string(), message: z.string() }).optional(),
  })
  .loose();
export type RunFile = z.infer<typeof runFile>;
