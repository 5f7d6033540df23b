import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../schemas/json.ts';
import { cost, type Cost } from '../../schemas/limits.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { tokenUsage } from '../../schemas/token-usage.ts';
import { leftNodes } from '../../activities/run-node/finish-left.ts';
import { readOutcome } from '../../activities/run-node/outcome-file.ts';
import { addAttempt, type AttemptUsage } from '../../src/limits/usage.ts';
import { reusableOf, unreadableOf, type KeptNode } from '../../temporal/run/kept-results.ts';
import { readJournal } from '../runs/read-journal.ts';
import type { Earlier } from './earlier.ts';

/**
 * Adds results that a run's folder holds and its state does not: of executors that ended while nobody hosted the run, and, with `journal`,
 * of nodes that ended after state.json was written last. They are paid for, so they count; so does what failed there.
 */
export function withLeft(own: Earlier, runDir: string, { journal }: { journal: boolean }): Earlier {
  const known = new Set([...Object.keys(own.reuse.nodes), ...own.failed.map(({ key }) => key)]);
  const dispatches = leftDispatches(runDir, known);
  const left = [...results(dispatches), ...(journal ? journaled(runDir) : [])].filter(({ key }) => !known.has(key) && known.add(key));
  const paid = [...left.map(({ used }) => used), ...unheard(runDir, dispatches).map(usedBy)];
  if (paid.length === 0) return own;
  // Limits go by the usage, where there is one; the budget by what was spent.
  const usage = structuredClone(own.reuse.usage);
  if (usage) for (const used of paid) addAttempt(usage, used);
  return {
    ...own,
    active: own.active.filter(({ key }) => !left.some((one) => one.key === key)),
    reuse: {
      ...own.reuse,
      nodes: { ...own.reuse.nodes, ...Object.fromEntries(left.map(({ key, node }) => [key, node])) },
      spent: own.reuse.spent + paid.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0),
      approx: own.reuse.approx || paid.some(({ tokens }) => tokens === null),
      ...(usage ? { usage } : {}),
    },
  };
}

/**
 * The same for a run that cannot be played: `stored` is its state.json, or nothing, and `kept` what its history holds. Each of the two tells of
 * dispatches that the other does not know, and neither of one twice, so the larger sum is what was spent for sure.
 */
export function withKept(stored: Earlier, kept: readonly KeptNode[], runDir: string): Earlier {
  const found = withLeft(stored, runDir, { journal: true });
  const nodes = reusableOf(kept);
  const spent = kept.reduce((sum, { outcome }) => sum + (outcome?.tokens ?? 0), 0);
  return {
    ...found,
    active: found.active.filter(({ key }) => !Object.hasOwn(nodes, key)),
    reuse: { ...found.reuse, nodes: { ...unreadableOf(kept), ...found.reuse.nodes, ...nodes }, spent: Math.max(found.reuse.spent, spent) },
  };
}

/** A dispatch of a node that has ended, as its folder tells. */
interface LeftDispatch {
  request: NodeRequest;
  outcome: NodeOutcome;
  endedMs: number;
}

// What is known is not read: it may be large.
function leftDispatches(runDir: string, known: ReadonlySet<string>): LeftDispatch[] {
  return leftNodes(runDir).flatMap(({ request, files }) => {
    const outcome = known.has(request.key) ? undefined : readOutcome(files.outcome);
    return outcome ? [{ request, outcome, endedMs: statSync(files.outcome).mtimeMs }] : [];
  });
}

function usedBy({ request, outcome }: LeftDispatch): AttemptUsage {
  // Without a word on its cost it was played, and cost nothing.
  const price = outcome.cost === undefined && request.backend === 'mock' ? free : (outcome.cost ?? undefined);
  return { tokens: outcome.tokens, outputTokens: outcome.outputTokens ?? null, cost: price };
}

// Ends of dispatches without a result that the run never heard of; those that it did are in its usage, and its journal tells of each.
function unheard(runDir: string, dispatches: LeftDispatch[]): LeftDispatch[] {
  const ended = dispatches.filter((one) => Object.keys(reusableOf([one])).length === 0).sort((a, b) => a.endedMs - b.endedMs);
  if (ended.length === 0) return [];
  const heard = new Map<string, number>();
  for (const event of eventsOf(runDir)) {
    if (!endEvents.has(String(event['type']))) continue;
    const name = `${String(event['attempt'])} ${String(event['key'])}`;
    heard.set(name, (heard.get(name) ?? 0) + 1);
  }
  return ended.filter(({ request }) => {
    const name = `${request.attempt} ${request.key}`;
    const more = heard.get(name) ?? 0;
    heard.set(name, more - 1);
    return more <= 0;
  });
}

// One of these ends each dispatch.
const endEvents = new Set(['agent_done', 'agent_retry', 'agent_wait', 'agent_cut']);
const free: Cost = { usd: 0, basis: 'measured' };

interface LeftResult {
  key: string;
  node: ReusableNode;
  used: AttemptUsage;
}

// Of several dispatches of one node the last counts.
function results(dispatches: LeftDispatch[]): LeftResult[] {
  const found = dispatches.flatMap((one): [string, LeftResult][] => {
    const used = usedBy(one);
    return Object.entries(reusableOf([one])).map(([key, node]) => [key, { key, node, used }]);
  });
  return [...new Map(found).values()];
}

// The journal does not tell fingerprints; the key of a node without an id holds it.
function journaled(runDir: string): LeftResult[] {
  return eventsOf(runDir).flatMap((event): LeftResult[] => {
    if (event['type'] !== 'agent_done' || event['ok'] !== true) return [];
    const key = String(event['key']);
    const fingerprint = /^agent:([0-9a-f]{64})(#\d+)?$/.exec(key)?.[1];
    if (fingerprint === undefined) return [];
    const tokens = numberOr(event['tokens']);
    const place = { label: String(event['label']), phase: String(event['phase']), index: Number(event['index']) };
    const paid = event['cost'] === undefined ? free : cost.safeParse(event['cost']).data;
    const used = { tokens, outputTokens: tokenUsage.safeParse(event['usage']).data?.output ?? numberOr(event['outputTokens']), cost: paid };
    return [{ key, node: { fingerprint, value: event['result'] ?? null, tokens, ...place }, used }];
  });
}

function eventsOf(runDir: string): Record<string, Json>[] {
  if (!existsSync(join(runDir, 'events.jsonl'))) return [];
  return readJournal(runDir).flatMap((record) =>
    record.type === 'script_stream' && typeof record.raw === 'object' && record.raw !== null ? [record.raw as Record<string, Json>] : [],
  );
}

function numberOr(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
