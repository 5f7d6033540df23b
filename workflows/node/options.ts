import { inferRuntime } from '../../src/policy/infer-runtime.ts';
import { agentOptionNames } from '../../src/script/agent-options.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import type { RunContext } from '../run-context.ts';
import type { Scope } from '../scope.ts';

/** Options of one agent() call as the author wrote them. */
export type AgentOptions = Record<string, unknown>;

type WorktreeBase = NonNullable<NodeRequest['worktree']>['base'];

/** What the options come to once defaults of phase and run are applied (AGENT-02 to AGENT-05, EXEC-01 to EXEC-04, EXEC-09). */
export interface NodeSettings {
  label: string;
  phase: string;
  agentType: string | undefined;
  runtime: string;
  provider: string | undefined;
  /** The author named a provider on this very node. */
  ownProvider: string | undefined;
  gateway: string | undefined;
  acpAgent: string | undefined;
  model: string | undefined;
  effort: string;
  permission: 'max' | 'limited' | undefined;
  timeoutMs: number | null;
  session: string | undefined;
  id: string | undefined;
  isolation: 'worktree' | undefined;
  worktreeBase: WorktreeBase;
}

/** Names of options that have no effect; each is warned about once per run (AGENT-19). */
export function unknownOptions(options: AgentOptions): string[] {
  return Object.keys(options).filter((name) => !agentOptionNames.has(name));
}

/** @param definedModel the model of the agent's definition file, in the dialect claude */
export function readSettings(ctx: RunContext, scope: Scope, options: AgentOptions, index: number, definedModel?: string): NodeSettings {
  const claude = scope.frame.dialect === 'claude';
  const run = ctx.input.options;
  const phase = text(options['phase']) ?? scope.phase;
  const agentType = agentTypeOf(options);
  const ownProvider = nonBlank(options['provider']) ?? nonBlank(options['bambooProvider']);
  const named = nonBlank(options['runtime']) ?? nonBlank(options['backendRuntime']) ?? nonBlank(options['modelRuntime']);
  const runtime =
    named?.toLowerCase() ?? inferRuntime(ownProvider ?? (run.providerIsFlag ? run.provider : null), claude ? undefined : agentType, text(options['action']));
  // DIAL-09: there a phase's model is for display only.
  const phaseModel = claude ? undefined : scope.frame.meta.phases.find((p) => p.title === phase)?.model;
  const model = set(options['model']) ?? set(definedModel) ?? set(phaseModel) ?? set(run.model);
  const limited = options['permission'] === 'limited';
  return {
    label: text(options['label']) ?? `agent-${index}`,
    phase,
    agentType,
    runtime,
    provider: runtime === 'bamboo' ? (ownProvider ?? run.provider ?? undefined) : undefined,
    ownProvider,
    gateway: text(options['gateway']),
    acpAgent: text(options['acpAgent']),
    model,
    effort: text(options['effort']) ?? run.effort,
    permission: limited ? 'limited' : runtime === 'codex' ? 'max' : undefined,
    timeoutMs: readTimeout(options, run.timeoutMs),
    session: nonBlank(options['session']) ?? nonBlank(options['sessionName']),
    id: nonBlank(options['id']) ?? nonBlank(options['nodeId']),
    isolation: options['isolation'] === 'worktree' ? 'worktree' : undefined,
    worktreeBase: isWorktreeBase(options['worktreeBase']) ? options['worktreeBase'] : 'head',
  };
}

/** AGENT-03. */
export function agentTypeOf(options: AgentOptions): string | undefined {
  return nonBlank(options['agentType']) ?? nonBlank(options['nodeType']) ?? nonBlank(options['role']);
}

/** Whether a value of the option `worktreeBase` is one of those that there are. */
export function isWorktreeBase(value: unknown): value is WorktreeBase {
  return value === 'head' || value === 'working-tree' || value === 'fresh';
}

// EXEC-09: milliseconds win over seconds; words, non-positive numbers and NaN mean no limit.
function readTimeout(options: AgentOptions, runDefault: number | null): number | null {
  const given = options['timeoutMs'] ?? options['timeout'];
  if (given === undefined || given === null) return runDefault;
  const number = Number(given) * (options['timeoutMs'] === undefined || options['timeoutMs'] === null ? 1000 : 1);
  return Number.isFinite(number) && number > 0 ? number : null;
}

// AGENT-05: "inherit" and blank mean unset.
function set(model: unknown): string | undefined {
  const value = nonBlank(model);
  return value === 'inherit' ? undefined : value;
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function nonBlank(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
