import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../schemas/json.ts';
import { cost } from '../../schemas/limits.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { tokenUsage } from '../../schemas/token-usage.ts';
import { leftNodes, okOutcome } from '../../activities/run-node/finish-left.ts';
import { addAttempt, type AttemptUsage } from '../../src/limits/usage.ts';
import { reusableOf } from '../../temporal/run/kept-results.ts';
import { readJournal } from '../runs/read-journal.ts';
import type { Earlier } from './earlier.ts';

/**
 * Adds results that a run's folder holds and its state does not: of executors that ended while nobody hosted the run, and, with `journal`,
 * of nodes that ended after state.json was written last. They are paid for, so they count.
 */
export function withLeft(own: Earlier, runDir: string, { journal }: { journal: boolean }): Earlier {
  const known = new Set([...Object.keys(own.reuse.nodes), ...own.failed.map(({ key }) => key)]);
  const left = [...outcomes(runDir), ...(journal ? journaled(runDir) : [])].filter(({ key }) => !known.has(key) && known.add(key));
  if (left.length === 0) return own;
  // Limits go by the usage, where there is one; the budget by what was spent.
  const usage = structuredClone(own.reuse.usage);
  if (usage) for (const { used } of left) addAttempt(usage, used);
  return {
    ...own,
    active: own.active.filter(({ key }) => !left.some((one) => one.key === key)),
    reuse: {
      ...own.reuse,
      nodes: { ...own.reuse.nodes, ...Object.fromEntries(left.map(({ key, node }) => [key, node])) },
      spent: own.reuse.spent + left.reduce((sum, { node }) => sum + (node.tokens ?? 0), 0),
      approx: own.reuse.approx || left.some(({ node }) => node.tokens === null),
      ...(usage ? { usage } : {}),
    },
  };
}

interface LeftResult {
  key: string;
  node: ReusableNode;
  used: AttemptUsage;
}

// Of several dispatches of one node the last counts.
function outcomes(runDir: string): LeftResult[] {
  const found = leftNodes(runDir).flatMap(({ request, files }): [string, LeftResult][] => {
    const outcome = okOutcome(files);
    if (!outcome) return [];
    const used = { tokens: outcome.tokens, outputTokens: outcome.outputTokens ?? null, cost: outcome.cost ?? undefined };
    return Object.entries(reusableOf([{ request, outcome }])).map(([key, node]) => [key, { key, node, used }]);
  });
  return [...new Map(found).values()];
}

// The journal does not tell fingerprints; the key of a node without an id holds it.
function journaled(runDir: string): LeftResult[] {
  if (!existsSync(join(runDir, 'events.jsonl'))) return [];
  return readJournal(runDir).flatMap((record): LeftResult[] => {
    const event = record.type === 'script_stream' && typeof record.raw === 'object' ? (record.raw as Record<string, Json>) : undefined;
    if (event?.['type'] !== 'agent_done' || event['ok'] !== true) return [];
    const key = String(event['key']);
    const fingerprint = /^agent:([0-9a-f]{64})(#\d+)?$/.exec(key)?.[1];
    if (fingerprint === undefined) return [];
    const tokens = numberOr(event['tokens']);
    const place = { label: String(event['label']), phase: String(event['phase']), index: Number(event['index']) };
    // Without a word on its cost it was played, and cost nothing.
    const paid = event['cost'] === undefined ? ({ usd: 0, basis: 'measured' } as const) : cost.safeParse(event['cost']).data;
    const used = { tokens, outputTokens: tokenUsage.safeParse(event['usage']).data?.output ?? numberOr(event['outputTokens']), cost: paid };
    return [{ key, node: { fingerprint, value: event['result'] ?? null, tokens, ...place }, used }];
  });
}

function numberOr(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
