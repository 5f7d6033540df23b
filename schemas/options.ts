import * as z from 'zod';
import { operatorLimits } from './limits.ts';
import { dialectName } from './script.ts';

/** Options that shape a run: fixed at launch, stored in run.json and workflow input (PROC-09, FILE-02). */
export const runOptions = z.object({
  backend: z.enum(['mock', 'pandacode']),
  provider: z.string().nullable(),
  /** True when `provider` came from the flag; the variable alone only fills in bamboo nodes (EXEC-03). */
  providerIsFlag: z.boolean(),
  model: z.string().nullable(),
  effort: z.string(),
  /** The `--dialect` flag; absent = as the script says (DIAL-01). */
  dialect: dialectName.optional(),
  /** Node time limit in milliseconds; null = none (EXEC-09). */
  timeoutMs: z.number().nullable(),
  concurrency: z.number().int().min(1).max(256),
  maxAgents: z.number().int().min(1).max(5000),
  /** Total token budget of `--budget`; null = as in the input. */
  budget: z.number().nullable(),
  /** Limits that park the run; absent = none. */
  limits: operatorLimits.optional(),
  /** File of rates, absolute (`--rates`); absent = those of the project and the user alone (MONEY-02). */
  rates: z.string().optional(),
  autoAnswer: z.boolean(),
  /** Longest time in milliseconds that the run waits for one provider (`--max-park`); absent = without limit (QUOTA-05). */
  maxParkMs: z.number().positive().optional(),
  /** Share of this machine's slots against other runs, 1 (most) to 5 (`--priority`); absent = 3 (RATE-03). run.json says what holds now. */
  priority: z.number().int().min(1).max(5).optional(),
  /** Longest wait in milliseconds of like nodes for the first output of the first of them (`--prefix-stagger-ms`); absent = 5000, 0 = none (RATE-04). */
  prefixStaggerMs: z.number().int().nonnegative().optional(),
  /** Absolute folder for worktrees, captured at launch. */
  worktreeRoot: z.string(),
  /** Largest value in bytes that may be stored (PROC-07); larger ones are refused by name. */
  maxPayloadBytes: z.number().int().positive(),
});
export type RunOptions = z.infer<typeof runOptions>;
