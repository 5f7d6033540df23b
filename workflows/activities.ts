import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { HashedInputs, HashRequest } from '../schemas/inputs.ts';
import type { Json } from '../schemas/json.ts';
import type { NodeOutcome, NodeRequest } from '../schemas/node.ts';
import type { CompiledScript, Dialect } from '../schemas/script.ts';
import type { LoadedSkill } from '../schemas/skills.ts';
import { outside } from './outside/outside.ts';

/** A schema as nodes use it: loaded, and known to be one that can be compiled. */
export type PreparedSchema = { ok: true; json: Json } | { ok: false; message: string };

/** What the run's root offers for isolated nodes. */
export interface WorkspaceFacts {
  isGit: boolean;
  /** Uncommitted changes that a worktree from HEAD does not see (WT-12). */
  dirty: boolean;
}

export type LoadedWorkflow = { ok: true; script: CompiledScript } | { ok: false; message: string };

/** A subagent's definition file (DIAL-15): text that comes before the prompt, and the model that it prefers. */
export type AgentDefinition = { ok: true; text: string; model?: string } | { ok: false; message: string };

/** Results of earlier runs, out of one blob. */
export type LoadedResults = { ok: true; values: Json[] } | { ok: false; message: string };

/** Activities that the interpreter calls: everything that touches the world (PROC-03). */
export interface RunActivities {
  agent(request: NodeRequest): Promise<NodeOutcome>;
  prepareSchema(request: { root: string; schema: Json }): Promise<PreparedSchema>;
  prepareWorkspace(request: { root: string }): Promise<WorkspaceFacts>;
  loadWorkflow(request: { root: string; ref: string; callersDialect?: Dialect }): Promise<LoadedWorkflow>;
  loadAgentDefinition(request: { root: string; type: string }): Promise<AgentDefinition>;
  loadResults(request: { sha256: string }): Promise<LoadedResults>;
  hashInputs(request: HashRequest): Promise<HashedInputs>;
  loadSkill(request: { root: string; id: string }): Promise<LoadedSkill>;
}

// A node has no time limit of its own here: its own `timeout` is kept by the activity, and a lost worker is found by
// missing heartbeats or by the next host (DESIGN D4). Infrastructure failures are tried again at once and for ever.
const nodeActivities = proxyActivities<RunActivities>({
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '60s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

// What nodes need before they start. As local activities they would be faster by some milliseconds, but when a history is played again the engine hands over
// the answers of several local activities together that came one by one: nodes that prepare different things side by side then start in another order.
const preparations = proxyActivities<RunActivities>({ startToCloseTimeout: '10 minutes', retry: { initialInterval: '100ms', maximumInterval: '5s' } });
// As runs of before asked for them.
const localPreparations = proxyLocalActivities<RunActivities>({ startToCloseTimeout: '60s', retry: { initialInterval: '100ms', maximumInterval: '5s' } });

/** Runs one attempt of a node. `activityId` carries the node's identity, so replay notices any change of order or prompt (DESIGN D2). */
export function runNodeActivity(activityId: string, summary: string, request: NodeRequest): Promise<NodeOutcome> {
  return outside.answer(activityId, () => nodeActivities.agent.executeWithOptions({ activityId, summary }, [request]));
}

export const prepareSchema = preparation('prepareSchema');
export const prepareWorkspace = preparation('prepareWorkspace');
export const loadWorkflow = preparation('loadWorkflow');
export const loadAgentDefinition = preparation('loadAgentDefinition');
export const loadResults = preparation('loadResults');
export const hashInputs = preparation('hashInputs');
export const loadSkill = preparation('loadSkill');

function preparation<Name extends Exclude<keyof RunActivities, 'agent'>>(name: Name): RunActivities[Name] {
  const ask = (request: unknown) => (outside.changed('preparations-in-history') ? preparations : localPreparations)[name](request as never);
  return ((request: unknown) => outside.answer(name, () => ask(request) as Promise<unknown>)) as RunActivities[Name];
}
