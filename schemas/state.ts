import * as z from 'zod';
import { json } from './json.ts';
import { usage } from './limits.ts';
import { restartedWith } from './node.ts';
import { fineStates } from './run-status.ts';

const node = {
  key: z.string(),
  index: z.number(),
  label: z.string(),
  phase: z.string(),
  agentType: z.string().optional(),
  attempt: z.number(),
  maxAttempts: z.number(),
};

export const finishedNode = z.object({
  ...node,
  ok: z.literal(true),
  fingerprint: z.string(),
  /** Set when a person had it asked something else than its script asks; `fingerprint` is then that of what was asked. */
  restartedWith: restartedWith.optional(),
  /** The parts of the fingerprint as short hashes (src/keys/parts.ts). */
  parts: z.string().optional(),
  schema: z.string().nullable(),
  model: z.string(),
  result: json,
  tokens: z.number().nullable(),
  /** The provider that was used up, and the one that answered in its place (QUOTA-07). */
  failover: z.object({ from: z.string(), to: z.string() }).optional(),
  ts: z.string(),
});
export const activeNode = z.object({
  ...node,
  state: z.enum(['running', 'retrying', 'waiting']),
  startedAt: z.string(),
  updatedAt: z.string(),
  retryReason: z.string().optional(),
  nextAttempt: z.number().optional(),
  /** What it waits for, for example `quota: claude` (QUOTA-03). */
  waitReason: z.string().optional(),
});
export const failedNode = z.object({ ...node, ok: z.literal(false), result: json, ts: z.string() });
/** A node that was under way when the run ended: it has no result, and did not fail. `ts` is the run's end. */
export const unfinishedNode = z.object({ ...node, startedAt: z.string(), ts: z.string() });
export const checkpointEntry = z.object({ name: z.string(), value: json, ts: z.string() });

/** A scope that is parked; see Park in run-control.ts. */
export const parkEntry = z.object({
  reason: z.enum(['limit', 'quota', 'rate', 'auth']),
  scope: z.string(),
  provider: z.string().optional(),
  account: z.string().optional(),
  until: z.string().optional(),
  source: z.enum(['reported', 'estimated']).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  fix: z.string().optional(),
});

/** state.json (STATE-01): the run as it stands, keyed by node key. */
export const runState = z.object({
  agents: z.record(z.string(), finishedNode),
  activeAgents: z.record(z.string(), activeNode),
  failedAgents: z.record(z.string(), failedNode),
  /** Absent while the run is open, and when it ended with nothing under way. */
  unfinishedAgents: z.record(z.string(), unfinishedNode).optional(),
  checkpoints: z.record(z.string(), checkpointEntry),
  budget: z.object({ total: z.number().nullable(), spent: z.number(), approx: z.boolean().optional() }),
  workflow: z.object({ name: z.string(), script: z.string(), backend: z.string(), resumeFrom: z.string(), whenToUse: z.string().nullable() }).optional(),
  result: json.optional(),
  completedAt: z.string().optional(),
  error: z.object({ message: z.string() }).optional(),
  failedAt: z.string().optional(),
  /** How the run stands (features.md section 2.1); absent in an open run that was never paused, parked or stopped. */
  state: z.enum(fineStates).optional(),
  /** What the nodes of this run used, reused ones not counted again (MONEY-03). */
  usage: usage.optional(),
  /** What is parked now, by scope; absent when nothing is. */
  parked: z.record(z.string(), parkEntry).optional(),
});
export type RunState = z.infer<typeof runState>;
