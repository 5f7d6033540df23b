import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../schemas/json.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { leftNodes, okOutcome } from '../../activities/run-node/finish-left.ts';
import { reusableOf } from '../../temporal/run/kept-results.ts';
import { readJournal } from '../runs/read-journal.ts';
import type { Earlier } from './earlier.ts';

/**
 * Adds results that a run's folder holds and its state does not: of executors that ended while nobody hosted the run, and, with `journal`,
 * of nodes that ended after state.json was written last. They are paid for, so they count.
 */
export function withLeft(own: Earlier, runDir: string, { journal }: { journal: boolean }): Earlier {
  const known = new Set([...Object.keys(own.reuse.nodes), ...own.failed.map(({ key }) => key)]);
  const left = [...outcomes(runDir), ...(journal ? journaled(runDir) : [])].filter(([key]) => !known.has(key) && known.add(key));
  if (left.length === 0) return own;
  const tokens = left.map(([, node]) => node.tokens);
  return {
    ...own,
    active: own.active.filter(({ key }) => !left.some(([one]) => one === key)),
    reuse: {
      ...own.reuse,
      nodes: { ...own.reuse.nodes, ...Object.fromEntries(left) },
      spent: own.reuse.spent + tokens.reduce<number>((sum, one) => sum + (one ?? 0), 0),
      approx: own.reuse.approx || tokens.includes(null),
    },
  };
}

function outcomes(runDir: string): [string, ReusableNode][] {
  return Object.entries(reusableOf(leftNodes(runDir).map(({ request, files }) => ({ request, outcome: okOutcome(files) }))));
}

// The journal does not tell fingerprints; the key of a node without an id holds it.
function journaled(runDir: string): [string, ReusableNode][] {
  if (!existsSync(join(runDir, 'events.jsonl'))) return [];
  return readJournal(runDir).flatMap((record): [string, ReusableNode][] => {
    const event = record.type === 'script_stream' && typeof record.raw === 'object' ? (record.raw as Record<string, Json>) : undefined;
    if (event?.['type'] !== 'agent_done' || event['ok'] !== true) return [];
    const key = String(event['key']);
    const fingerprint = /^agent:([0-9a-f]{64})(#\d+)?$/.exec(key)?.[1];
    const tokens = typeof event['tokens'] === 'number' ? event['tokens'] : null;
    const place = { label: String(event['label']), phase: String(event['phase']), index: Number(event['index']) };
    return fingerprint === undefined ? [] : [[key, { fingerprint, value: event['result'] ?? null, tokens, ...place }]];
  });
}
