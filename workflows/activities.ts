import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { HashedInputs } from '../schemas/inputs.ts';
import type { Json } from '../schemas/json.ts';
import type { NodeOutcome, NodeRequest } from '../schemas/node.ts';
import type { CompiledScript, Dialect } from '../schemas/script.ts';
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
  hashInputs(request: { root: string; patterns: string[] }): Promise<HashedInputs>;
}

// A node has no time limit of its own here: its own `timeout` is kept by the activity, and a lost worker is found by
// missing heartbeats or by the next host (DESIGN D4). Infrastructure failures are tried again at once and for ever.
const nodeActivities = proxyActivities<RunActivities>({
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '60s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

const localActivities = proxyLocalActivities<RunActivities>({ startToCloseTimeout: '60s', retry: { initialInterval: '100ms', maximumInterval: '5s' } });

/** Runs one attempt of a node. `activityId` carries the node's identity, so replay notices any change of order or prompt (DESIGN D2). */
export function runNodeActivity(activityId: string, summary: string, request: NodeRequest): Promise<NodeOutcome> {
  return outside.answer(activityId, () => nodeActivities.agent.executeWithOptions({ activityId, summary }, [request]));
}

export const prepareSchema = (request: Parameters<RunActivities['prepareSchema']>[0]) =>
  outside.answer('prepareSchema', () => localActivities.prepareSchema(request));

export const prepareWorkspace = (request: Parameters<RunActivities['prepareWorkspace']>[0]) =>
  outside.answer('prepareWorkspace', () => localActivities.prepareWorkspace(request));

export const loadWorkflow = (request: Parameters<RunActivities['loadWorkflow']>[0]) =>
  outside.answer('loadWorkflow', () => localActivities.loadWorkflow(request));

export const loadAgentDefinition = (request: Parameters<RunActivities['loadAgentDefinition']>[0]) =>
  outside.answer('loadAgentDefinition', () => localActivities.loadAgentDefinition(request));

export const loadResults = (request: Parameters<RunActivities['loadResults']>[0]) => outside.answer('loadResults', () => localActivities.loadResults(request));

export const hashInputs = (request: Parameters<RunActivities['hashInputs']>[0]) => outside.answer('hashInputs', () => localActivities.hashInputs(request));
