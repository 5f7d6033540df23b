import type { Json } from '../../schemas/json.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import type { Usage } from '../../schemas/limits.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';
import { OdwError } from '../../src/errors/error.ts';
import { categoryOf, NodeCensus, type Census } from '../../src/journal/census.ts';
import { findRunFolder } from '../run-folder.ts';
import { readJournal } from './read-journal.ts';
import { readRun } from './read-run.ts';
import { readState } from './read-state.ts';

export interface StatusNode {
  key: string;
  index: number;
  label: string;
  phase: string;
  state: 'running' | 'retrying' | 'waiting' | 'done' | 'failed' | 'cached' | 'unfinished';
  attempt: number;
  tokens: number | null;
  /** Why it waits, tries again or failed. */
  reason?: string;
}

export interface StatusPhase {
  title: string;
  nodes: number;
  done: number;
  failed: number;
  running: number;
  /** Under way when the run ended. */
  unfinished: number;
  tokens: number;
}

/** What `odw status` tells of a run (VIEW-15). */
export interface RunStatus {
  run: string;
  name: string;
  status: RunFile['status'];
  state: NonNullable<RunFile['state']>;
  /** `unverified` as long as nothing checked the result; a returned `verdict` can only make it worse (RUN-02). */
  verdict: 'fail' | 'inconclusive' | 'unverified';
  census: Census;
  phases: StatusPhase[];
  nodes: StatusNode[];
  parked?: NonNullable<RunFile['parked']>[];
  budget: RunState['budget'];
  usage?: Usage;
  /** 1 (most) to 5, of `--priority`; absent = 3. */
  priority?: number;
  started_ms: number;
  finished_ms: number | null;
  /** The command that goes on, when one is needed. */
  next?: string;
  /** What is not known of it. */
  note?: string;
}

/**
 * How a run stands, read from its folder: neither a server nor the run's host is needed.
 *
 * @throws OdwError `run-id-invalid`, `run-not-found`
 */
export function readStatus(root: string, id: string): RunStatus {
  const { runId, dir } = findRunFolder(root, id);
  const run = readRun(dir);
  if (!run) throw new OdwError('run-not-found', `there is no run ${runId} in ${root}`);
  const events = readJournal(dir);
  const state = readState(dir, events);
  const census = new NodeCensus();
  const cached = new Set<string>();
  for (const event of eventsOf(events)) {
    census.record(event);
    if (event.type === 'agent_skip') cached.add(String(event['key']));
  }
  census.cutShort(Object.keys(state.unfinishedAgents ?? {}));
  const nodes = nodesOf(state, cached);
  const fine = run.state ?? (run.status === 'cancelled' ? 'stopped' : run.status);
  const next = run['next'] as string | undefined;
  return {
    run: runId,
    name: run.name,
    status: run.status,
    state: fine,
    verdict: verdictOf(state.result),
    census: census.counts(),
    phases: phasesOf(nodes),
    nodes,
    ...(state.parked ? { parked: Object.values(state.parked) } : {}),
    budget: state.budget,
    ...(state.usage ? { usage: state.usage } : {}),
    ...(run.priority === undefined ? {} : { priority: run.priority }),
    started_ms: run.started_ms,
    finished_ms: run.finished_ms,
    ...(next === undefined ? {} : { next }),
  };
}

function eventsOf(records: JournalRecord[]) {
  return records.flatMap((record) => (record.type === 'script_stream' && typeof record.raw === 'object' ? [record.raw] : []));
}

function nodesOf(state: RunState, cached: ReadonlySet<string>): StatusNode[] {
  const common = ({ key, index, label, phase, attempt }: Pick<StatusNode, 'key' | 'index' | 'label' | 'phase' | 'attempt'>) => ({
    ...{ key, index, label, phase, attempt },
  });
  const done = Object.values(state.agents).map((node) => ({
    ...common(node),
    state: cached.has(node.key) ? ('cached' as const) : ('done' as const),
    tokens: node.tokens,
  }));
  const active = Object.values(state.activeAgents).map((node) => {
    const reason = node.waitReason ?? node.retryReason;
    return { ...common(node), state: node.state, tokens: null, ...(reason === undefined ? {} : { reason }) };
  });
  const failed = Object.values(state.failedAgents).map((node) => ({
    ...common(node),
    state: 'failed' as const,
    tokens: null,
    reason: categoryOf(node.result) ?? 'failed',
  }));
  const unfinished = Object.values(state.unfinishedAgents ?? {}).map((node) => ({ ...common(node), state: 'unfinished' as const, tokens: null }));
  return [...done, ...active, ...failed, ...unfinished].sort((a, b) => a.index - b.index);
}

// In the order in which they were met.
function phasesOf(nodes: StatusNode[]): StatusPhase[] {
  const phases = new Map<string, StatusPhase>();
  for (const { phase, state, tokens } of nodes) {
    let entry = phases.get(phase);
    if (!entry) phases.set(phase, (entry = { title: phase, nodes: 0, done: 0, failed: 0, running: 0, unfinished: 0, tokens: 0 }));
    entry.nodes++;
    entry.tokens += tokens ?? 0;
    if (state === 'done' || state === 'cached') entry.done++;
    else if (state === 'failed') entry.failed++;
    else if (state === 'unfinished') entry.unfinished++;
    else entry.running++;
  }
  return [...phases.values()];
}

function verdictOf(result: Json | undefined): RunStatus['verdict'] {
  const verdict = typeof result === 'object' && result !== null && !Array.isArray(result) ? result['verdict'] : undefined;
  return verdict === 'fail' || verdict === 'inconclusive' ? verdict : 'unverified';
}
