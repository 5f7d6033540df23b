import type { Json } from '../../schemas/json.ts';
import type { RestartedWith } from '../../schemas/node.ts';
import type { InnerEvent, SinkRecord } from '../../schemas/journal.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { liveStates, type LiveState } from '../../schemas/run-control.ts';
import type { RunState } from '../../schemas/state.ts';
import { endState, type RunEnd } from './end-state.ts';

/**
 * The state of a run before its first event. Checkpoints and what the resumed run used are taken over (RES-04, BUD-08), its results are not
 * (RES-11), nor its failures.
 */
export function emptyState(input: RunInput): RunState {
  const reuse = input.reuse;
  const state: RunState = {
    agents: {},
    activeAgents: {},
    failedAgents: {},
    checkpoints: {},
    budget: { total: input.options.budget, spent: reuse?.spent ?? 0, ...(reuse?.approx ? { approx: true } : {}) },
    // A run may end before a node tells what it used; the next resume must not count from nothing.
    ...(reuse?.usage ? { usage: { ...reuse.usage, failures: 0, money: { ...reuse.usage.money } } } : {}),
  };
  const ts = new Date(input.startedMs).toISOString();
  for (const [name, value] of Object.entries(reuse?.checkpoints ?? {})) put(state.checkpoints, name, { name, value, ts });
  return state;
}

/** Brings a state forward by one event; changes it in place. Entries once put into `agents` and `failedAgents` are never changed, only replaced. */
export function applyRecord(state: RunState, record: SinkRecord): void {
  const { event } = record;
  const extra = record.state ?? {};
  if (isObject(extra['budget'])) state.budget = readBudget(extra['budget']);
  if (isObject(extra['usage'])) state.usage = extra['usage'] as unknown as NonNullable<RunState['usage']>;
  if (Object.hasOwn(handlers, event.type)) handlers[event.type]!(state, event, extra);
}

/**
 * Brings a state to the end of its run: what was under way is unfinished, nothing is parked any more, and the state is the last one. Changes it
 * in place; doing it again changes nothing.
 */
export function applyEnd(state: RunState, status: RunEnd, endedMs: number): void {
  const ts = new Date(endedMs).toISOString();
  for (const { key, index, label, phase, agentType, attempt, maxAttempts, startedAt } of Object.values(state.activeAgents)) {
    const node = { key, index, label, phase, ...(agentType === undefined ? {} : { agentType }), attempt, maxAttempts };
    put((state.unfinishedAgents ??= {}), key, { ...node, startedAt, ts });
  }
  state.activeAgents = {};
  delete state.parked;
  state.state = endState(status, Object.keys(state.failedAgents).length);
}

type Extra = { [key: string]: Json };

const handlers: Record<string, (state: RunState, event: InnerEvent, extra: Extra) => void> = {
  workflow_start(state, event) {
    const { name, script, backend, resumeFrom, whenToUse } = event;
    state.workflow = {
      name: text(name),
      script: text(script),
      backend: text(backend),
      resumeFrom: text(resumeFrom),
      whenToUse: typeof whenToUse === 'string' ? whenToUse : null,
    };
  },
  workflow_done(state, event) {
    if (event['result'] !== undefined) state.result = event['result'];
    state.completedAt = event.ts;
    delete state.error;
    delete state.failedAt;
  },
  workflow_error(state, event) {
    delete state.completedAt;
    state.error = { message: text(event['message']) };
    state.failedAt = event.ts;
  },
  checkpoint(state, event, extra) {
    const name = text(event['name']);
    put(state.checkpoints, name, { name, value: extra['value'] ?? null, ts: event.ts });
  },
  agent_start(state, event) {
    const node = readNode(event, {});
    const before = Object.hasOwn(state.activeAgents, node.key) ? state.activeAgents[node.key] : undefined;
    put(state.activeAgents, node.key, { ...node, state: 'running', startedAt: before?.startedAt ?? event.ts, updatedAt: event.ts });
  },
  agent_retry(state, event) {
    const node = readNode(event, {});
    const before = Object.hasOwn(state.activeAgents, node.key) ? state.activeAgents[node.key] : undefined;
    put(state.activeAgents, node.key, {
      ...node,
      state: 'retrying',
      startedAt: before?.startedAt ?? event.ts,
      updatedAt: event.ts,
      retryReason: text(event['reason']),
      nextAttempt: number(event['nextAttempt'], node.attempt + 1),
    });
  },
  run_state(state, event) {
    const to = text(event['to']);
    if ((liveStates as readonly string[]).includes(to)) state.state = to as LiveState;
  },
  park(state, event) {
    const { type: _type, ts: _ts, ...entry } = event;
    put((state.parked ??= {}), text(event['scope']), entry as unknown as NonNullable<RunState['parked']>[string]);
  },
  unpark(state, event) {
    if (!state.parked) return;
    delete state.parked[text(event['scope'])];
    if (Object.keys(state.parked).length === 0) delete state.parked;
  },
  agent_wait(state, event) {
    const node = readNode(event, {});
    const before = Object.hasOwn(state.activeAgents, node.key) ? state.activeAgents[node.key] : undefined;
    const waiting = { state: 'waiting' as const, startedAt: before?.startedAt ?? event.ts, updatedAt: event.ts, waitReason: text(event['reason']) };
    put(state.activeAgents, node.key, { ...node, ...waiting });
  },
  agent_continue(state, event) {
    const node = readNode(event, {});
    const before = Object.hasOwn(state.activeAgents, node.key) ? state.activeAgents[node.key] : undefined;
    put(state.activeAgents, node.key, { ...node, state: 'running', startedAt: before?.startedAt ?? event.ts, updatedAt: event.ts });
  },
  // The key says who answers, so it is another from now on.
  agent_failover(state, event) {
    const before = text(event['before']);
    const key = text(event['key']);
    const node = Object.hasOwn(state.activeAgents, before) ? state.activeAgents[before] : undefined;
    if (!node) return;
    delete state.activeAgents[before];
    put(state.activeAgents, key, { ...node, key, updatedAt: event.ts });
  },
  agent_skip: finish,
  agent_done(state, event, extra) {
    if (event['ok'] === true) return finish(state, event, extra);
    const node = readNode(event, extra);
    delete state.activeAgents[node.key];
    put(state.failedAgents, node.key, { ...node, ok: false, result: event['result'] ?? null, ts: event.ts });
  },
};

function finish(state: RunState, event: InnerEvent, extra: Extra): void {
  const node = readNode(event, extra);
  delete state.activeAgents[node.key];
  delete state.failedAgents[node.key];
  const schema = extra['schema'];
  const tokens = extra['tokens'] ?? event['tokens'];
  put(state.agents, node.key, {
    ok: true,
    ...node,
    fingerprint: text(extra['fingerprint']),
    ...(isObject(event['restartedWith']) ? { restartedWith: event['restartedWith'] as unknown as RestartedWith } : {}),
    ...(typeof extra['parts'] === 'string' ? { parts: extra['parts'] } : {}),
    schema: typeof schema === 'string' ? schema : null,
    model: text(extra['model'] ?? event['model']),
    result: event['result'] ?? null,
    tokens: typeof tokens === 'number' ? tokens : null,
    ...(isObject(event['failover']) ? { failover: { from: text(event['failover']['from']), to: text(event['failover']['to']) } } : {}),
    ts: event.ts,
  });
}

function readNode(event: InnerEvent, extra: Extra) {
  const agentType = event['agentType'];
  return {
    key: text(event['key']),
    index: number(event['index'], 0),
    label: text(event['label']),
    phase: text(event['phase']),
    ...(typeof agentType === 'string' ? { agentType } : {}),
    attempt: number(event['attempt'] ?? extra['attempt'], 1),
    maxAttempts: number(event['maxAttempts'] ?? extra['maxAttempts'], 1),
  };
}

function readBudget(value: Extra): RunState['budget'] {
  const total = value['total'];
  return { total: typeof total === 'number' ? total : null, spent: number(value['spent'], 0), ...(value['approx'] === true ? { approx: true } : {}) };
}

// Keys and checkpoint names are the author's words; a plain assignment of "__proto__" would be lost.
function put<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: Json | undefined): value is Extra {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
