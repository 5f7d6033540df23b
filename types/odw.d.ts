/**
 * The names that a workflow script of odw sees, for editors and for people.
 *
 * A script needs no import: the names are global, see the end of this file. Every option here has an effect; any other is warned about.
 */

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The input of the run: parsed JSON, the text itself when it is no JSON, or `null` when none was given (`undefined` in the dialect `claude`). */
export declare const args: any;

/** The same value as `args`. */
export declare const input: any;

/**
 * One node: hands a prompt to an agent and waits for its answer.
 *
 * Resolves to the agent's final text, in full; with `schema` to the value that matched it; with `isolation` to `{ text, worktree }`, or to the value with
 * `.worktree` added. On the mock backend a node without a schema resolves to an object with `prompt_preview`.
 *
 * A node that fails resolves to a {@link NodeFailure}; in the dialect `claude` to `null`. The promise rejects only when the budget or the limit on agents is
 * exhausted and when it is called wrongly; in the dialect `claude` also when no reply matched the schema.
 *
 * @example
 * const bugs = await agent('List bugs in src/login.js.', { label: 'login', schema: { type: 'array', items: { type: 'string' } } });
 * if (bugs.ok === false) log(bugs.error.message);
 */
export declare function agent<Result = any>(prompt: string, options?: AgentOptions): Promise<Result>;

/**
 * Runs nodes side by side and waits for all. Results come in the order of the elements; an element that throws becomes `null`.
 *
 * @param nodes functions (called with their index), or objects `{ prompt, …options of agent() }`; promises are refused
 */
export declare function parallel<Result = any>(nodes: ReadonlyArray<((index: number) => unknown) | NodeObject>, options?: GroupOptions): Promise<Result[]>;

/** `parallel` over mapped items. The mapper returns a promise, a function, or an object `{ prompt, …options of agent() }`. */
export declare function fanout<Item, Result = any>(
  items: readonly Item[],
  mapper: (item: Item, index: number) => unknown,
  options?: GroupOptions,
): Promise<Result[]>;

/**
 * Every item moves through the stages by itself, without waiting for the others. The first stage gets the item as previous value.
 * A stage that throws makes its item `null`; a stage that returns `null` is no stop.
 */
export declare function pipeline<Item, Result = any>(
  items: readonly Item[],
  ...stages: Array<(previous: any, item: Item, index: number) => unknown>
): Promise<Result[]>;

/**
 * Runs another script as part of this run: one level deep, with `args` of its own, sharing budget and limits. What it throws comes to the caller.
 *
 * @param ref a name in `.claude/workflows`, a path from the project, or `{ scriptPath }`
 */
export declare function workflow<Result = any>(ref: string | { scriptPath: string }, args?: unknown): Promise<Result>;

/** Sets the phase of what follows in the same scope: the script, one item of a group, or a child workflow. */
export declare function phase(title: string, detail?: string): void;

/** Writes a line to the journal: strings as they are, other values as compact JSON. */
export declare function log(...values: unknown[]): void;

/** Keeps a value with the run, to be read again here or after a resume. */
export declare const checkpoint: {
  (name: string, value?: unknown): void;
  /** The value kept under a name, by this run or by the run that it resumes. */
  get<Value = any>(name: string, fallback?: Value): Value;
  /** Whether a value is kept under a name. */
  has(name: string): boolean;
};

/** The prompt that the caller passed in as `args.prompts[name]`; `{{context}}` and `{{input}}` in it are filled in. `suggested` serves on the mock backend. */
export declare function promptSlot(name: string, context?: unknown, suggested?: string): string;

/** The token budget of the run. */
export declare const budget: {
  /** From `--budget` or `args.budget.total`; `null` when there is none. */
  readonly total: number | null;
  /** True when some attempt did not tell its tokens, so that `spent()` is not exact. */
  readonly approx: boolean;
  /** Tokens of all attempts so far, failed ones too; in the dialect `claude` output tokens. */
  spent(): number;
  /** What is left of the total; `Infinity` when there is none. */
  remaining(): number;
};

/** Facts about this run. */
export declare const odw: {
  readonly backend: 'mock' | 'pandacode';
  readonly runId: string;
  /** `<project>/.odw/runs/<run id>`, absolute. */
  readonly runDir: string;
  readonly statePath: string;
  /** The text given to `--resume`; empty when the run is not a resumed one. */
  readonly resumeFrom: string;
  /** The failures of nodes so far, in the order in which they failed, in both dialects. */
  failures(): NodeFailure[];
};

/** `agent` with the runtime set. */
export declare const pandacode: {
  exec<Result = any>(runtime: Runtime, prompt: string, options?: AgentOptions): Promise<Result>;
  claude<Result = any>(prompt: string, options?: AgentOptions): Promise<Result>;
  codex<Result = any>(prompt: string, options?: AgentOptions): Promise<Result>;
  bamboo<Result = any>(prompt: string, options?: AgentOptions): Promise<Result>;
};

/** The agent behind the executor. */
export type Runtime = 'claude' | 'codex' | 'bamboo' | 'acp';

/** `export const meta`: an optional description of the script. `/** @type {Odw.Meta} *\/` completes its fields. */
export interface Meta {
  /** Name of the run; default the file's name. */
  name?: string;
  description?: string;
  /** One sentence for whoever chooses a workflow. */
  whenToUse?: string;
  phases?: Array<{
    title: string;
    detail?: string;
    /** Default model of the nodes of this phase; in the dialect `claude` for display only. */
    model?: string;
  }>;
  /** Which rules the script is written for; default `odw`. */
  dialect?: 'odw' | 'claude';
  /** Skills of all nodes; a node's own come after them. See `agent()`. */
  skills?: string | readonly string[];
  /** Limits of the run; of script and operator the lower ones hold (docs/control.md). */
  limits?: Limits & {
    /** Nodes that may be started. */
    agents?: number;
    /** Nodes at once. */
    concurrency?: number;
    /** Limits of the nodes of a phase, by its title. */
    phases?: Record<string, Limits & { agents?: number; concurrency?: number }>;
    /** Limits of the nodes that go to a provider, by its name. */
    providers?: Record<string, Limits & { agents?: number; concurrency?: number }>;
  };
  [field: string]: unknown;
}

/** What may be limited everywhere. At a limit nothing more starts, and the run parks. */
export interface Limits {
  /** Tokens of all attempts. */
  tokens?: number;
  /** Output tokens. */
  outputTokens?: number;
  /** US dollars. */
  money?: number;
  /** Attempts after the first. */
  retries?: number;
  /** Nodes that may fail: one more, and the run ends as failed. */
  failures?: number;
  /** Seconds, or `"90s"`, `"30m"`, `"6h"`, `"2d"`; `"6h total"` counts the time in which the run is paused or parked too, `"total"` alone says so of another's limit. */
  wallTime?: number | string;
}

/** Options of `agent()`. */
export interface AgentOptions {
  /** Name in lines and views; default `agent-<number>`. No part of the node's identity. */
  label?: string;
  /** Phase of this node; default the current one. */
  phase?: string;
  /** JSON Schema of the reply, or the path of a file with one, from the project. The node then resolves to a value that matches. */
  schema?: Json | object;
  /** What the reply is for; the agent reads it. */
  schemaDescription?: string;
  /** Same as `schemaDescription`. */
  outputDescription?: string;
  /** Same as `schemaDescription`. */
  finalResponseDescription?: string;
  /** A role. One that contains `codex` chooses that runtime; in the dialect `claude` the name of a file in `.claude/agents`. */
  agentType?: string;
  /** Same as `agentType`. */
  nodeType?: string;
  /** Same as `agentType`. */
  role?: string;
  /** Default that of the phase, then that of the run. `inherit` means unset. */
  model?: string;
  /** Reasoning effort; default that of the run. */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | (string & {});
  /** Default `claude`. */
  runtime?: Runtime;
  /** Same as `runtime`. */
  backendRuntime?: Runtime;
  /** Same as `runtime`. */
  modelRuntime?: Runtime;
  /** Vendor of a bamboo node. */
  provider?: string;
  /** Same as `provider`. */
  bambooProvider?: string;
  /** Passed to the executor of claude and codex nodes. */
  gateway?: string;
  /** Passed to the executor of acp nodes. */
  acpAgent?: string;
  /** `limited` asks for less than all that the runtime can do without asking. */
  permission?: 'max' | 'limited';
  /** Limit of one dispatch in seconds; default that of the run, else none. Words and numbers up to 0 mean none. */
  timeout?: number | 'none' | 'unlimited';
  /** Limit of one dispatch in milliseconds; wins over `timeout`. */
  timeoutMs?: number;
  /** How often to try: attempts in all, from 1. Default 1; in the dialect `claude` 5 for a node with a schema. */
  maxAttempts?: number;
  retry?: RetryOptions;
  /** Turns that the agent may take in one dispatch; one more fails the node with `max_turns`. Default: as many as its executor allows. */
  maxTurns?: number;
  /** Limits of this node alone, over all its attempts. */
  limits?: Limits;
  /** The node's key, in place of one made from its content. */
  id?: string;
  /** Same as `id`. */
  nodeId?: string;
  /** The executor's session; nodes that share one run one after another. */
  session?: string;
  /** Same as `session`. */
  sessionName?: string;
  /** Gives the agent a git worktree of its own; its changes come back as `worktree`. */
  isolation?: 'worktree';
  /** Where the worktree starts: `HEAD` (default), the files as they are now, or the default branch of `origin` as it was last fetched. */
  worktreeBase?: 'head' | 'working-tree' | 'fresh';
  /** `false`: a node whose agent asks fails with `pandacode_needs_input`, instead of going on with the agent's own defaults. */
  autoAnswer?: boolean;
  /** Chooses the runtime codex for `start`, `execute`, `read` and `answer`; shown in mock results. */
  action?: string;
  /**
   * Files that the agent goes by: paths and globs from the project, such as `['SPEC.md', 'src/**', '!src/generated']`. Names and contents are part
   * of the node's identity, so a resume runs the node again when one of them was edited. They are not handed to the agent: say in the prompt what to read.
   */
  inputs?: string | readonly string[];
  /**
   * Rules for the agent, such as `['minimal-diff']`: ids that `odw skills list` shows. Their texts follow the prompt and are part of the node's identity.
   */
  skills?: string | readonly string[];
  /** Tokens that an attempt is reckoned to take while it runs; default the mean of those that have ended (docs/control.md). */
  estimateTokens?: number;
  /** Mock backend: the final text. */
  mockAgentText?: string;
  /** Mock backend: the value that a node with a schema answers; one that does not match makes the node fail as it would with an agent. */
  mockValue?: Json;
  /** Mock backend: tokens that the node uses. */
  mockTokens?: number;
  /** Mock backend: what the node costs in USD; `null` = nobody knows. Default 0. */
  mockCost?: number | null;
  /** Mock backend: the node fails. */
  mockFail?: boolean;
  /** Mock backend: whether the failure can be retried. */
  mockRetryable?: boolean;
  /** Mock backend: the model that is reported. */
  mockResolvedModel?: string;
  /** Mock backend: a refusal of the provider, such as `quota`, `rate_limit` or `auth`, of the first `times` dispatches (1); `resetMs` is what it tells of its end. */
  mockRefusal?: { category: string; times?: number; resetMs?: number; message?: string };
  /** Mock backend: a file that an isolated node writes. */
  mockWriteFile?: string;
  /** Mock backend: milliseconds that the node takes. */
  mockDelayMs?: number;
  /** Mock backend: turns that the node takes, for `maxTurns`. */
  mockTurns?: number;
}

/** An element of `parallel` that stands for one `agent()` call. */
export interface NodeObject extends AgentOptions {
  prompt?: string;
  /** Same as `prompt`. */
  input?: string;
}

/** When a node tries again. Failures that say they are retryable, and replies that do not match the schema, are tried again. */
export interface RetryOptions {
  /** Attempts in all, from 1. */
  maxAttempts?: number;
  /** Milliseconds between attempts, or how they grow; default 1 s, doubled up to 30 s, with jitter; none on the mock backend. */
  backoff?: number | { initialMs?: number; factor?: number; maxMs?: number; jitter?: boolean };
  /** Categories of failure that are tried again; default all retryable ones. */
  retryWhen?: string[];
}

/** Options of `parallel` and `fanout`. */
export interface GroupOptions {
  label?: string;
  /** Same as `label`, when there is none. */
  id?: string;
  /** Phase of the group's nodes; default the current one. */
  phase?: string;
  /** Most elements at once; can lower the limit of the run, not raise it. */
  max?: number;
  /** Same as `max`. */
  concurrency?: number;
}

/** What a failed node resolves to. Test with `result.ok === false`. */
export interface NodeFailure {
  ok: false;
  /** Which node failed. */
  origin: { phase: string; agent: string; backend: string; runtime?: string; agentType?: string; attempt: number; node_key: string; schema?: string };
  /** Why: decide on `category` and `retryable`. */
  error: { category: string; message: string; retryable: boolean; issues?: string[]; next_action?: string; retry_after_ms?: number };
  feedback: { retryable: boolean; user_message: string; next_action: string; retry_prompt?: string };
  context: { attempt: number; maxAttempts: number; previous_result: Json; [field: string]: unknown };
  /** What an isolated node changed before it failed. */
  worktree?: Worktree;
  [field: string]: unknown;
}

/** What an isolated node changed. */
export interface Worktree {
  changed: boolean;
  /** Paths from the top of the repository. */
  files: string[];
  /** Binary-safe patch against `base`; empty with `diffTruncated` when it is larger than 1 MiB. */
  diff: string;
  diffTruncated?: boolean;
  /** The whole patch, in the run's folder. */
  diffFile?: string;
  base?: string;
  commits?: Array<{ sha: string; subject: string }>;
  /** Set when the changes could not be captured: the tree is kept at `path`. */
  error?: string;
  path?: string;
}

type Names = typeof import('./odw.js');
type Types = { AgentOptions: AgentOptions; NodeFailure: NodeFailure; Meta: Meta; NodeObject: NodeObject; Worktree: Worktree };

declare global {
  const args: Names['args'];
  const input: Names['input'];
  const agent: Names['agent'];
  const parallel: Names['parallel'];
  const fanout: Names['fanout'];
  const pipeline: Names['pipeline'];
  const workflow: Names['workflow'];
  const phase: Names['phase'];
  const log: Names['log'];
  const checkpoint: Names['checkpoint'];
  const promptSlot: Names['promptSlot'];
  const budget: Names['budget'];
  const odw: Names['odw'];
  const pandacode: Names['pandacode'];

  /** The types of this file, for annotations: `Odw.NodeFailure`. */
  namespace Odw {
    type AgentOptions = Types['AgentOptions'];
    type NodeFailure = Types['NodeFailure'];
    type NodeObject = Types['NodeObject'];
    type Meta = Types['Meta'];
    type Worktree = Types['Worktree'];
  }

  // As in every JavaScript host: declared so that they merge with the declarations of others.
  interface Console {
    log(...values: unknown[]): void;
    info(...values: unknown[]): void;
    debug(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    table(...values: unknown[]): void;
    /** Goes to stderr and to `script-debug.log`. */
    error(...values: unknown[]): void;
  }
  var console: Console;
  /** A durable timer: it survives a restart. */
  function setTimeout<Args extends unknown[]>(callback: (...args: Args) => unknown, ms?: number, ...args: Args): number;
  function clearTimeout(id: number | undefined): void;
}
