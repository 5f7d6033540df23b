import type { InnerEvent } from '../../schemas/journal.ts';
import type { Json } from '../../schemas/json.ts';
import { cost as costSchema, usage as usageSchema, type Cost, type Usage } from '../../schemas/limits.ts';
import { tokenUsage, type TokenUsage } from '../../schemas/token-usage.ts';
import { providerName } from '../policy/provider-name.ts';

/** What one dispatch of a node used (MONEY-03). */
export interface LedgerRow {
  key: string;
  label: string;
  phase: string;
  attempt: number;
  /** How it ended. `waited`: its provider refused, and the node was dispatched again; `restarted`: by `odw node restart`; `stopped`: with its run. */
  outcome: 'ok' | 'failed' | 'retried' | 'waited' | 'restarted' | 'stopped';
  /** The model that answered, else the one that was asked for; null = the executor's default, which it did not name. */
  model: string | null;
  provider: string;
  /** Null = its executor told none. */
  tokens: number | null;
  outputTokens: number | null;
  usage: TokenUsage | null;
  /** Null = nobody knows. */
  cost: Cost | null;
  ts: string;
}

export interface Ledger {
  rows: LedgerRow[];
  /** What the runs used that this one resumed; null = it resumed none. */
  carried: Usage | null;
  /** Dispatches under way: what they use is not known yet. */
  open: number;
  /** Nodes whose result was there already: they used nothing. */
  reused: number;
}

const outcomes = { agent_retry: 'retried', agent_wait: 'waited' } as const;

/** Reads the ledger of a run from its journal: a row for each dispatch that ended, in the order in which they did. */
export function readLedger(events: readonly InnerEvent[]): Ledger {
  const ledger: Ledger = { rows: [], carried: null, open: 0, reused: 0 };
  const asked = new Map<string, { model: string | null; provider: string }>();
  const running = new Set<string>();
  let isMock = false;
  for (const event of events) {
    const key = text(event['key']) ?? '';
    switch (event.type) {
      case 'workflow_start':
        isMock = event['backend'] === 'mock';
        ledger.carried = usageSchema.safeParse(event['carried']).data ?? null;
        break;
      case 'agent_start':
        asked.set(key, askedOf(event));
        running.add(key);
        break;
      case 'agent_continue':
        running.add(key);
        break;
      case 'agent_failover':
        // One node, under its new key.
        for (const row of ledger.rows) if (row.key === event['before']) row.key = key;
        asked.set(key, { ...askedOf(event), provider: text(event['to']) ?? '' });
        break;
      case 'agent_skip':
        ledger.reused++;
        break;
      case 'agent_done':
      case 'agent_retry':
      case 'agent_wait':
      case 'agent_cut': {
        const isDispatched = running.delete(key) || event['cost'] !== undefined;
        if (isDispatched) ledger.rows.push(rowOf(event, key, asked.get(key), isMock));
        // A retry starts with an event of its own.
        break;
      }
    }
  }
  ledger.open = running.size;
  return ledger;
}

function rowOf(event: InnerEvent, key: string, asked: { model: string | null; provider: string } | undefined, isMock: boolean): LedgerRow {
  const usage = tokenUsage.safeParse(event['usage']).data ?? null;
  const known = costSchema.safeParse(event['cost']).data ?? null;
  return {
    key,
    label: text(event['label']) ?? '',
    phase: text(event['phase']) ?? '',
    attempt: number(event['attempt']) ?? 1,
    outcome: outcomeOf(event),
    model: text(event['answered']) ?? modelOf(event) ?? asked?.model ?? null,
    provider: text(event['service']) ?? asked?.provider ?? '',
    tokens: number(event['tokens']),
    outputTokens: usage?.output ?? number(event['outputTokens']),
    usage,
    // A mock costs nothing unless its script says so.
    cost: event['cost'] === undefined && isMock ? { usd: 0, basis: 'measured' } : known,
    ts: event.ts,
  };
}

function outcomeOf(event: InnerEvent): LedgerRow['outcome'] {
  if (event.type === 'agent_done') return event['ok'] === true ? 'ok' : 'failed';
  if (event.type === 'agent_cut') return event['reason'] === 'restart' ? 'restarted' : 'stopped';
  return outcomes[event.type as keyof typeof outcomes];
}

function askedOf(event: InnerEvent): { model: string | null; provider: string } {
  const config = event['config'];
  const named = typeof config === 'object' && config !== null && !Array.isArray(config) ? text(config['provider']) : undefined;
  return { model: modelOf(event) ?? null, provider: providerName({ runtime: text(event['runtime']) ?? '', provider: named }) };
}

function modelOf(event: InnerEvent): string | undefined {
  const model = text(event['model']);
  return model === 'inherit' ? undefined : model;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
