import type { Json } from '../../schemas/json.ts';
import type { InnerEvent, JournalRecord } from '../../schemas/journal.ts';
import { jsonText } from '../journal/json-text.ts';
import { innerEvents, numberOf, objectOf, stringOf, type JsonObject } from './fields.ts';
import { placeOf } from './groups.ts';
import { cutText, type CutText } from './text-limit.ts';

export interface ReportAttempt {
  attempt: number;
  startMs: number;
  endMs: number | null;
  /** `retry`: failed and tried again. `wait`: refused by its provider, and made again later as the same attempt. */
  outcome: 'ok' | 'failed' | 'retry' | 'wait' | 'open';
  reason?: string;
  model?: string;
  tokens?: number;
}

export interface ReportWorktree {
  changed: boolean;
  files: string[];
  diff: CutText;
  /** The whole patch, relative to the run folder. */
  diffFile?: string;
  error?: string;
  path?: string;
}

/** One `agent()` call. */
export interface ReportNode {
  key: string;
  index: number;
  label: string;
  phase: string;
  agentType?: string;
  group?: string;
  item?: number;
  stage?: number;
  /** `unfinished`: it had no result when the run ended. */
  status: 'ok' | 'failed' | 'running' | 'skip' | 'unfinished';
  runtime: string;
  model: string;
  prompt?: string;
  config?: JsonObject;
  attempts: ReportAttempt[];
  maxAttempts: number;
  startMs: number;
  endMs: number | null;
  /** Of all attempts together; null when no attempt told. */
  tokens: number | null;
  result?: CutText;
  worktree?: ReportWorktree;
  error?: { category: string; message: string; issues: string[]; next?: string };
}

/** The nodes of a run, by index. `limit` cuts each long text; `ended` says that what still runs never finished. */
export function readNodes(events: JournalRecord[], { limit, ended }: { limit: number; ended: boolean }): ReportNode[] {
  const nodes = new Map<string, ReportNode>();
  for (const { event, ms } of innerEvents(events)) {
    const key = stringOf(event['key']);
    if (key === undefined || !event.type.startsWith('agent_')) continue;
    let node = nodes.get(key) ?? moved(nodes, event);
    if (!node) nodes.set(key, (node = newNode(key, event, ms)));
    readEvent(node, event, ms, limit);
  }
  for (const node of nodes.values()) if (ended && node.status === 'running') node.status = 'unfinished';
  return [...nodes.values()].sort((a, b) => a.index - b.index || a.startMs - b.startMs);
}

// QUOTA-07: it goes on under another key, with another provider.
function moved(nodes: Map<string, ReportNode>, event: InnerEvent): ReportNode | undefined {
  const before = stringOf(event['before']);
  const node = event.type === 'agent_failover' && before !== undefined ? nodes.get(before) : undefined;
  if (!node || before === undefined) return undefined;
  nodes.delete(before);
  node.key = stringOf(event['key']) ?? before;
  nodes.set(node.key, node);
  return node;
}

function newNode(key: string, event: InnerEvent, ms: number): ReportNode {
  const agentType = stringOf(event['agentType']);
  return {
    key,
    index: numberOf(event['index']) ?? Number.MAX_SAFE_INTEGER,
    label: stringOf(event['label']) ?? key,
    phase: stringOf(event['phase']) ?? '',
    ...(agentType === undefined ? {} : { agentType }),
    ...placeOf(event),
    status: 'running',
    runtime: '',
    model: '',
    attempts: [],
    maxAttempts: numberOf(event['maxAttempts']) ?? 1,
    startMs: ms,
    endMs: null,
    tokens: null,
  };
}

function readEvent(node: ReportNode, event: InnerEvent, ms: number, limit: number): void {
  node.runtime = stringOf(event['runtime']) ?? node.runtime;
  const prompt = stringOf(event['promptPreview']);
  if (prompt !== undefined) node.prompt = prompt;
  const model = stringOf(event['model']);
  // Another provider has other models.
  if (event.type === 'agent_failover') node.model = '';
  if (model !== undefined && (node.model === '' || model !== 'inherit')) node.model = model;
  if (event['config'] !== undefined) node.config = objectOf(event['config']);
  if (event.type === 'agent_start' || event.type === 'agent_continue') {
    node.status = 'running';
    node.endMs = null;
    node.attempts.push({ attempt: numberOf(event['attempt']) ?? 1, startMs: ms, endMs: null, outcome: 'open' });
  } else if (event.type === 'agent_retry' || event.type === 'agent_wait') {
    endAttempt(node, event, ms, event.type === 'agent_retry' ? 'retry' : 'wait', stringOf(event['reason']));
  } else if (event.type === 'agent_skip') {
    node.status = 'skip';
    node.endMs = ms;
    readResult(node, event['result'], limit);
  } else if (event.type === 'agent_done') {
    node.status = event['ok'] === true ? 'ok' : 'failed';
    node.endMs = ms;
    if (node.status === 'failed') readError(node, event['result']);
    endAttempt(node, event, ms, node.status, node.error?.category);
    readResult(node, event['result'], limit);
  }
}

function endAttempt(node: ReportNode, event: InnerEvent, ms: number, outcome: ReportAttempt['outcome'], reason: string | undefined): void {
  const tokens = numberOf(event['tokens']);
  const model = stringOf(event['model']);
  if (tokens !== undefined) node.tokens = (node.tokens ?? 0) + tokens;
  const attempt = node.attempts.at(-1);
  if (!attempt || attempt.outcome !== 'open') return;
  Object.assign(attempt, { endMs: ms, outcome });
  if (outcome !== 'ok' && reason !== undefined) attempt.reason = reason;
  if (tokens !== undefined) attempt.tokens = tokens;
  if (model !== undefined) attempt.model = model;
}

function readError(node: ReportNode, result: Json | undefined): void {
  const error = objectOf(objectOf(result)['error']);
  const next = stringOf(error['next_action']) ?? stringOf(objectOf(objectOf(result)['feedback'])['next_action']);
  const issues = Array.isArray(error['issues']) ? error['issues'].filter((issue) => typeof issue === 'string') : [];
  node.error = {
    category: stringOf(error['category']) ?? 'failed',
    message: stringOf(error['message']) ?? '',
    issues,
    ...(next === undefined ? {} : { next }),
  };
}

// The diff has a place of its own on the page, so it is taken out of the result.
function readResult(node: ReportNode, result: Json | undefined, limit: number): void {
  if (result === undefined) return;
  const whole = objectOf(result);
  const tree = objectOf(whole['worktree']);
  if (typeof tree['changed'] !== 'boolean') {
    node.result = cutText(typeof result === 'string' ? result : jsonText(result, 2), limit);
    return;
  }
  const { worktree: _worktree, ...rest } = whole;
  const [only] = Object.entries(rest).length === 1 ? [rest['text'] ?? rest['value']] : [];
  const shown = only ?? rest;
  node.result = cutText(typeof shown === 'string' ? shown : jsonText(shown, 2), limit);
  const diffFile = stringOf(tree['diffFile']);
  const error = stringOf(tree['error']);
  const path = stringOf(tree['path']);
  node.worktree = {
    changed: tree['changed'],
    files: Array.isArray(tree['files']) ? tree['files'].filter((file) => typeof file === 'string') : [],
    diff: cutText(stringOf(tree['diff']) ?? '', limit),
    ...(diffFile === undefined ? {} : { diffFile }),
    ...(error === undefined ? {} : { error }),
    ...(path === undefined ? {} : { path }),
  };
}
