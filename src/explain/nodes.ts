import type { Json } from '../../schemas/json.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import type { NodeOutcome } from '../../schemas/node.ts';

/** A node of an earlier run. */
export interface OldNode {
  key: string;
  label: string;
  phase: string;
  /** Its place in the order of calls, when that was recorded. */
  index: number | undefined;
  /** Parts of its fingerprint, when they were recorded. */
  parts: string | undefined;
  fingerprint: string | undefined;
  tokens: number | null;
  /** `done` has a result; `failed` and `active` have none. */
  state: 'done' | 'failed' | 'active';
  value: Json;
  /** Where the value is, when it is not here. */
  held?: { sha256: string; item: number } | undefined;
  /** How it failed, when its run is open: that stays. */
  failure?: NodeOutcome | undefined;
}

/** A node that the played script asked for. */
export interface MetNode {
  key: string;
  label: string;
  phase: string;
  index: number;
  /** Group and item that it belongs to: items of one group do not wait for each other. */
  group: string;
  item: number | undefined;
  parts: string;
  fingerprint: string;
  prompt: string;
  /** An earlier result stands under its key and fingerprint. */
  hit: boolean;
  /** Number of the journal event with which it was asked, and of the one with which it was answered. */
  seq: number;
  doneSeq: number;
  value: Json;
}

/** The nodes that a played script asked for, in the order in which it asked. */
export function metNodes(records: readonly SinkRecord[]): MetNode[] {
  const nodes = new Map<string, MetNode>();
  for (const { event, state, seq } of records) {
    const { type } = event;
    if (type !== 'agent_start' && type !== 'agent_skip' && type !== 'agent_done') continue;
    const key = text(event['key']);
    let node = nodes.get(key);
    if (!node) {
      node = {
        key,
        label: text(event['label']),
        phase: text(event['phase']),
        index: Number(event['index']),
        group: text(event['group']),
        item: typeof event['item'] === 'number' ? event['item'] : undefined,
        parts: text(state?.['parts']),
        fingerprint: text(state?.['fingerprint']),
        prompt: text(state?.['prompt'] ?? event['promptPreview']),
        hit: type === 'agent_skip',
        seq,
        doneSeq: Infinity,
        value: null,
      };
      nodes.set(key, node);
    }
    if (type !== 'agent_start') Object.assign(node, { doneSeq: seq, value: event['result'] ?? null });
  }
  return [...nodes.values()];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
