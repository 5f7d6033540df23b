import type { Cost } from '../usage/cost.ts';
import type { Usage } from '../usage/usage.ts';
import type { Failure } from '../errors/failure.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ProcessFamily } from '../process/family.ts';
import type { RunControl } from '../run/run-control.ts';
import type { Watchdog } from '../run/watchdog.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { SessionRecord } from '../state/session-record.ts';
import type { BambooOptions } from './bamboo/options.ts';

export const runtimeNames = ['claude', 'codex', 'bamboo', 'acp'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof efforts)[number];

/** Flags that only some runtimes understand. Each runtime takes its own. */
export interface RuntimeOptions {
  /** Path of the CLI, or a name to look for on PATH. */
  bin?: string;
  claudeMode: 'auto' | 'bare' | 'full';
  allowTools: string[];
  codexConfig: string[];
  /** Name or command line of an ACP agent. */
  agent?: string;
  gateway?: string;
  passEnv: string[];
  maxSteps?: number;
  /** In USD; for bamboo in the currency that its own option names. */
  maxCost?: number;
  maxTotalTokens?: number;
  /** False: the runtime keeps no conversation, so nothing can be resumed or repaired. */
  persist: boolean;
  /** The flags of bamboo that were given. */
  bamboo?: Partial<BambooOptions>;
}

/** One turn of a conversation. */
export interface TurnRequest {
  prompt: string;
  workspace: string;
  stateDir: string;
  session: string;
  /** The model vendor, for runtimes that have a choice of them. */
  provider?: string;
  model: string | null;
  /** Null: the runtime's own default. */
  effort: Effort | null;
  permission: 'max' | 'limited';
  /** The conversation to continue; undefined starts a new one. */
  resumeThread?: string;
  schema?: JsonSchema;
  options: RuntimeOptions;
  env: NodeJS.ProcessEnv;
  /** Facts that an earlier turn of this session left in its record. */
  artifacts: Record<string, unknown>;
  baseline: Record<string, unknown>;
  /** Names this run, other than the conversation that it continues. */
  runId: string;
  action: 'exec' | 'resume' | 'answer';
  /** How often an answer that does not match the schema may be corrected. */
  schemaRepairs: number;
  /** Epoch milliseconds of the overall limit; null = none. */
  deadlineMs: number | null;
}

/** What a runtime may settle before a run begins. */
export interface ChoiceRequest {
  provider?: string;
  model?: string;
  effort: Effort | null;
  /** The session that is continued. */
  stored?: SessionRecord;
  workspace: string;
  options: RuntimeOptions;
  env: NodeJS.ProcessEnv;
}

/** Whether a run is to go to another vendor than its CLI's own, by wish or because its session does. */
export function wantsGateway({ options, stored }: ChoiceRequest): boolean {
  return options.gateway !== undefined || stored?.provider !== undefined;
}

export interface Choice {
  provider: string;
  model: string;
  warnings: string[];
  /** For the session's record. */
  artifacts: Record<string, unknown>;
  /** Why the run cannot begin, such as a missing key. The attempt is recorded. */
  failure?: Failure;
}

/** What a runtime may use while a turn runs. */
export interface TurnContext {
  events: EventLog;
  watchdog: Watchdog;
  control: RunControl;
  family: ProcessFamily;
  /** The conversation has a name: it is saved at once, before the first model call. */
  threadKnown(threadId: string, path?: string): void;
  artifact(name: string, value: unknown): void;
  warn(text: string): void;
  note(text: string): void;
  /** A file was changed by a tool. */
  fileChanged(path: string): void;
}

/** A question of the agent that only a person can answer. */
export interface PendingUserInput {
  /** What asks, such as `ask_user`. */
  kind: string;
  question: string;
  context?: string;
  /** What `answer --choice N` picks from. */
  options?: string[];
}

/** How a turn ended. */
export interface TurnResult {
  /** Absent: the turn came to its regular end. */
  failure?: Failure;
  /** What the agent asks a person, with the failure `pandacode_needs_input`. */
  pendingUserInput?: PendingUserInput;
  threadId: string | null;
  finalText: string;
  /** The value of the runtime's own channel for structured output; `asGiven`, when it had to be adapted: it comes first where it fits. */
  structured?: { value: unknown; asGiven?: unknown };
  /** Tokens of this turn alone; null = unknown. */
  usage: Usage | null;
  /** The runtime's own names of these figures, for `summary.usage`. */
  rawUsage: Record<string, unknown> | null;
  cost: Cost;
  /** The model that really answered. */
  model: string | null;
  /** Cumulative counters to keep in the record. */
  baseline: Record<string, unknown>;
  stderrTail: string;
  /** Runtime-specific parts of the report's `summary`. */
  summary: Record<string, unknown>;
  /** Runtime-specific top-level parts of the report. */
  extra: Record<string, unknown>;
}

/** What `doctor` and `models` are asked about. */
export interface DiagnoseRequest {
  bin?: string;
  workspace?: string;
  provider?: string;
  /** Make one tiny call of a model. */
  live?: boolean;
}

/** What `doctor` finds out about a runtime. */
export interface Diagnosis {
  requirements: string[];
  missing: string[];
  version: string | null;
  warnings: string[];
  configured: boolean;
  extra: Record<string, unknown>;
}

/** One way to do a task. All runtimes share sessions, watchdog, schema repair, reports and the ending of processes. */
export interface Runtime {
  name: RuntimeName;
  /** As written in messages, for example `Claude`. */
  title: string;
  driver: string;
  defaultModel(env: NodeJS.ProcessEnv): string | null;
  /** Null: nothing is said, so that the agent's own default holds. */
  defaultEffort: Effort | null;
  /** Category of a child that says nothing at all. */
  silentStart: 'network' | 'internal';
  /** The name that a price file knows this runtime's models by. */
  priceProvider: string;
  /** Where the normalised events of a session go. */
  eventFile(stateDir: string, sessionFile: string, runId: string): string;
  /** True: answers that do not match a schema are corrected within a turn, not by further turns. */
  repairsItself?: true;
  /** True: the runtime tells its progress on stderr in its own words. */
  printsOwnProgress?: true;
  /** Names a run; `previous` is the conversation that it continues. */
  runId?(previous: string | null, nowMs: number): string;
  /** Settles vendor and model before anything is made, where there is a choice; throws a usage error for an impossible wish. */
  choose?(request: ChoiceRequest): Promise<Choice | undefined>;
  /** Why a run that nothing was chosen for cannot begin, such as a missing login. The attempt is recorded. */
  missing?(request: ChoiceRequest): Promise<Failure | undefined>;
  /** Why these options cannot work, before anything is started; throws a usage error. */
  check(options: RuntimeOptions, env: NodeJS.ProcessEnv): void;
  runTurn(request: TurnRequest, context: TurnContext): Promise<TurnResult>;
  /** Called once when the turns of a run are over, whatever came of them: ends what was kept between turns. */
  endRun?(context: TurnContext): Promise<void>;
  diagnose(options: DiagnoseRequest, env: NodeJS.ProcessEnv): Promise<Diagnosis>;
  models(options: DiagnoseRequest, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>>;
}
