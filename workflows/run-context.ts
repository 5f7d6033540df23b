import { Budget } from '../src/budget.ts';
import { Ordinals } from '../src/keys/fingerprint.ts';
import { Semaphore } from '../src/semaphore.ts';
import type { HashedInputs } from '../schemas/inputs.ts';
import type { Json } from '../schemas/json.ts';
import type { Dialect } from '../schemas/script.ts';
import type { LoadedSkill } from '../schemas/skills.ts';
import type { NodeChanges } from '../schemas/run-control.ts';
import type { RunInput } from '../schemas/run-input.ts';
import type { NodeCall } from './node/call.ts';
import { HeldResults } from './node/held-results.ts';
import { Reusable } from './node/reusable.ts';
import { createControl } from './control/create.ts';
import { Providers } from './control/providers.ts';
import { OperatorLimits } from './control/operator-limits.ts';
import type { RunControl } from './control/run-control.ts';
import type { AgentDefinition, LoadedWorkflow, PreparedSchema, WorkspaceFacts } from './activities.ts';
import { Journal } from './journal.ts';
import type { ScriptFrame } from './scope.ts';

/** A dispatch in flight. */
export interface Dispatch {
  label: string;
  cancel: () => void;
  /** What a person asked for; the first one counts (CTRL-06). */
  asked: 'stop' | 'restart' | undefined;
  changes: NodeChanges | undefined;
}

/** Everything that the parts of one run share. One per execution; replay builds it again. */
export class RunContext {
  readonly journal = new Journal();
  readonly budget: Budget;
  readonly permits: Semaphore;
  readonly keyOrdinals = new Ordinals();
  readonly dispatchOrdinals = new Ordinals();
  readonly sessionLocks = new Map<string, Promise<void>>();
  readonly schemas = new Map<string, Promise<PreparedSchema>>();
  /** The last look at files that nodes name, by their patterns. */
  readonly inputs = new Map<string, { turn: number; hashed: Promise<HashedInputs> }>();
  readonly skills = new Map<string, Promise<LoadedSkill>>();
  readonly loadedChildren = new Map<string, Promise<LoadedWorkflow>>();
  readonly checkpoints = new Map<string, Json>();
  /** Values that passed a schema: data, never failures, whatever they contain (SCH-12). */
  readonly validated = new WeakSet<object>();
  readonly agentDefinitions = new Map<string, Promise<AgentDefinition>>();
  /** Failure values of nodes, in the order in which they failed (DIAL-03). */
  readonly failures: Json[] = [];
  /** Results of earlier runs that nodes of this one may take. */
  readonly reusable: Reusable;
  readonly heldResults = new HeldResults();
  workspace: Promise<WorkspaceFacts> | undefined;
  agents = 0;
  launched = 0;
  groups = 0;
  children = 0;
  worktrees = 0;
  /** How many nodes are where, for people who look on. */
  readonly counts = { running: 0, done: 0, failed: 0, reused: 0 };
  /** Node attempts that the engine is running now. */
  inFlight = 0;
  /** Dispatches in flight by key of their node, for whoever wants to end one. */
  readonly dispatches = new Map<string, Dispatch>();
  /** Nodes that wait between two dispatches, with what ends the wait. */
  readonly resting = new Map<NodeCall, () => void>();
  /** What may start now: pauses, parks, the end of the run. */
  readonly control: RunControl;
  /** The ledger, and the operator's limits on it. */
  readonly limits: OperatorLimits;
  /** What was refused by whom, and who may try again. */
  readonly providers: Providers;
  /** The run's own script; undefined until it starts. */
  frame: ScriptFrame | undefined;
  /** Ends the run as failed. Set by whoever runs the script. */
  fail: (error: unknown) => void = () => {};
  /** The phase that the Web UI shows. */
  shownPhase = '';
  /** What was last told as search attributes, and how many phases were. */
  readonly figures = { told: '', phases: 0 };
  private readonly warned = new Set<string>();

  constructor(readonly input: RunInput) {
    this.budget = new Budget(budgetTotal(input));
    this.permits = new Semaphore(input.options.concurrency);
    this.control = createControl(this);
    this.limits = new OperatorLimits(this);
    this.providers = new Providers(this);
    this.reusable = new Reusable(input.reuse);
    if (input.reuse) {
      this.budget.spent = input.reuse.spent;
      this.budget.approx = input.reuse.approx;
      for (const [name, value] of Object.entries(input.reuse.checkpoints)) this.checkpoints.set(name, value);
    }
  }

  /** The dialect of the run's own script; a child may have another (DIAL-01). */
  get dialect(): Dialect {
    return this.input.script.dialect ?? 'odw';
  }

  get realBackend(): boolean {
    return this.input.options.backend !== 'mock';
  }

  /** Logs a warning once per run and text. */
  warn(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.journal.emit('log', { message: `warning: ${message}` });
  }

  nextGroupId(): string {
    return `g${++this.groups}`;
  }
}

// BUD-02: the flag wins over the input.
function budgetTotal(input: RunInput): number | null {
  if (input.options.budget !== null) return input.options.budget;
  const args = input.args;
  const budget = typeof args === 'object' && args !== null && !Array.isArray(args) ? args['budget'] : undefined;
  const total = typeof budget === 'object' && budget !== null && !Array.isArray(budget) ? budget['total'] : undefined;
  return typeof total === 'number' && Number.isFinite(total) && total > 0 ? total : null;
}
