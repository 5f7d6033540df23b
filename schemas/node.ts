import * as z from 'zod';
import { json } from './json.ts';
import { cost } from './limits.ts';
import { tokenUsage } from './token-usage.ts';

/** Mock backend options of a node (MOCK-02 to MOCK-06). */
export const mockOptions = z.object({
  action: z.string().optional(),
  mockAgentText: z.string().optional(),
  /** What a node with a schema answers, in place of a canned value. */
  mockValue: json.optional(),
  mockTokens: z.number().optional(),
  /** USD; null = the price is unknown. Default 0, for a mock costs nothing. */
  mockCost: z.number().nullable().optional(),
  mockFail: z.boolean().optional(),
  mockRetryable: z.boolean().optional(),
  mockResolvedModel: z.string().optional(),
  /** A failure of the provider: of this category, for so many dispatches (default 1), with its reset so many milliseconds ahead. */
  mockRefusal: z.object({ category: z.string(), times: z.number().optional(), resetMs: z.number().optional(), message: z.string().optional() }).optional(),
  mockWriteFile: z.string().optional(),
  /** Milliseconds that the mock takes; for tests and demonstrations. */
  mockDelayMs: z.number().optional(),
  /** Turns that the mock takes; more than `maxTurns` allows fail the node. */
  mockTurns: z.number().optional(),
});

/** What failed in the attempt before: the material of the retry context block (SCH-05). */
export const retryContext = z.object({
  category: z.string(),
  message: z.string(),
  issues: z.array(z.string()),
  previousResult: json,
});
export type RetryContext = z.infer<typeof retryContext>;

/** What a person had a node asked in place of what its script asks (CTRL-05). */
export const restartedWith = z.object({
  /** Fingerprint of what the script asks. */
  fingerprint: z.string(),
  model: z.string().optional(),
  effort: z.string().optional(),
  /** The beginning of it. */
  prompt: z.string().optional(),
});
export type RestartedWith = z.infer<typeof restartedWith>;

/** One attempt of a node, as handed to the `runNode` activity. The activity id names the node's folder. */
export const nodeRequest = z.object({
  runId: z.string(),
  /** Project directory of the run, absolute. */
  root: z.string(),
  /** `<root>/.odw/runs/<run id>`, absolute. */
  runDir: z.string(),
  key: z.string(),
  /** Absent in requests of older versions. */
  fingerprint: z.string().optional(),
  restartedWith: restartedWith.optional(),
  index: z.number(),
  label: z.string(),
  phase: z.string(),
  agentType: z.string().optional(),
  attempt: z.number(),
  maxAttempts: z.number(),
  backend: z.enum(['mock', 'pandacode']),
  runtime: z.string(),
  provider: z.string().optional(),
  model: z.string().optional(),
  effort: z.string(),
  permission: z.enum(['max', 'limited']).optional(),
  gateway: z.string().optional(),
  acpAgent: z.string().optional(),
  timeoutMs: z.number().nullable(),
  /** Turns that the agent may take; absent = as many as the executor allows. */
  maxTurns: z.number().optional(),
  /** Executor session name, already sanitised and unique (EXEC-07). */
  session: z.string(),
  /** The author's prompt, without contract and retry context. */
  prompt: z.string(),
  schema: z.object({ name: z.string(), purpose: z.string().optional(), json: json }).optional(),
  /** What else its agent is to keep to, after the prompt (SKILL-02). */
  skills: z.array(z.object({ id: z.string(), text: z.string() })).optional(),
  retry: retryContext.optional(),
  autoAnswer: z.boolean(),
  /** Isolated nodes: the worktree's absolute path and where it starts from (WT-02, WT-12). */
  worktree: z.object({ dir: z.string(), base: z.enum(['head', 'working-tree', 'fresh']), refName: z.string() }).optional(),
  mock: mockOptions.optional(),
  /** The service under whose limits the node falls; absent on mock. */
  service: z.string().optional(),
  /**
   * Failures after which the run is to wait and dispatch the node again, outside its attempts (QUOTA-03): `provider` = those that concern
   * the whole provider; `all` = passing trouble too. Absent: none.
   */
  hold: z.enum(['provider', 'all']).optional(),
  /** Longest wait for the first output of a like node, in milliseconds; absent = 5000, 0 = none (RATE-04). */
  staggerMs: z.number().optional(),
  /** The run sends it to see whether the provider serves again. */
  trial: z.boolean().optional(),
  /** How often this attempt was held before. Above 0 the dispatch goes on where the held one stopped: same session, same worktree. */
  held: z.number().optional(),
  /** The file of rates that the run was given (`--rates`). */
  rates: z.string().optional(),
});
export type NodeRequest = z.infer<typeof nodeRequest>;

/** What an isolated node changed (WT-05 to WT-09). */
export const worktreeChanges = z.object({
  changed: z.boolean(),
  /** Paths relative to the repository root, `/`-separated, sorted. */
  files: z.array(z.string()),
  /** `git diff --binary` against `base`, up to 1 MiB; empty with `diffTruncated` when larger. */
  diff: z.string(),
  diffTruncated: z.boolean().optional(),
  /** The whole patch inside the run directory, relative to it; absent when nothing changed. */
  diffFile: z.string().optional(),
  base: z.string().optional(),
  commits: z.array(z.object({ sha: z.string(), subject: z.string() })).optional(),
  /** Set when capture failed: the tree is kept at `path`. */
  error: z.string().optional(),
  path: z.string().optional(),
});
export type WorktreeChanges = z.infer<typeof worktreeChanges>;

export const nodeFailure = z.object({
  category: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  issues: z.array(z.string()).optional(),
  next_action: z.string().optional(),
  retry_prompt: z.string().optional(),
  /** How long the provider asks to wait, in milliseconds from the failure on. */
  retry_after_ms: z.number().optional(),
  /** ISO time from which the provider serves again, as it reported. */
  reset_at: z.string().optional(),
});
export type NodeFailure = z.infer<typeof nodeFailure>;

/** A journal event that happened inside the activity and is emitted by the workflow when it ends. */
export const nodeEvent = z.object({ type: z.string() }).catchall(json);

/** How an attempt ended, as the `runNode` activity returns it. Executor failures are values, never thrown (DESIGN D4, D8). */
export const nodeOutcome = z.object({
  /** `ok`: `value` is the node's result. `failed`: see `failure`. `mismatch`: the reply does not match the schema, see `failure.issues`. */
  status: z.enum(['ok', 'failed', 'mismatch']),
  /** ok: validated value, final text or mock object. Otherwise the last reply, for the retry context. */
  value: json,
  /** True when `value` is the final text of an executor report (AGENT-13). */
  isText: z.boolean(),
  failure: nodeFailure.optional(),
  /** Normalised executor report (PARSE-03), without bulky parts; absent for the mock's plain object. */
  report: z.record(z.string(), json).optional(),
  worktree: worktreeChanges.optional(),
  /** Total tokens of the attempt, answer rounds included; null = the executor gave none (BUD-03, BUD-04). */
  tokens: z.number().nullable(),
  /** Output tokens among them; null or absent = the executor gave no split (DIAL-24). */
  outputTokens: z.number().nullable().optional(),
  /** What the attempt cost (MONEY-02); absent or null = nobody knows. */
  cost: cost.nullable().optional(),
  /** The model that really answered, when known (AGENT-21). */
  model: z.string().optional(),
  /** Its tokens by kind (MONEY-01); null or absent = the executor does not tell them apart. */
  usage: tokenUsage.nullable().optional(),
  /** How the executor was reached: started now, taken over alive, its finished result taken, or continued in its session. */
  taken: z.enum(['started', 'adopted', 'finished', 'continued', 'mock']),
  events: z.array(nodeEvent),
  /** The failure is no result: the node waits for its provider. Its worktree is kept as it is. */
  held: z
    .object({
      class: z.enum(['quota', 'rate', 'auth', 'overloaded', 'network']),
      /** A name for the account that was used. */
      account: z.string().optional(),
      /** Epoch milliseconds at which the provider serves again, as it reported. */
      untilMs: z.number().optional(),
    })
    .optional(),
});
export type NodeOutcome = z.infer<typeof nodeOutcome>;
