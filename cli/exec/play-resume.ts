import type { Json } from '../../schemas/json.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { AskedAgain, RunInput } from '../../schemas/run-input.ts';
import { Matcher } from '../../src/explain/matcher.ts';
import { metNodes, type MetNode, type OldNode } from '../../src/explain/nodes.ts';
import { playNode } from '../../activities/run-node/play-node.ts';
import { loadResults } from '../../temporal/blobs/result-blobs.ts';
import { playRun, type EstimateOptions } from '../../temporal/run/estimate.ts';

/** A script as it goes with the answers of an earlier run. */
export interface Played {
  met: MetNode[];
  /** The earlier node that each node without a result stands for, by the new key. */
  stands: Map<string, OldNode>;
  asked: AskedAgain | undefined;
  stopped?: string;
}

// A node that has no answer to be reused is answered with that of the node it stands for; which one that is shows once the reused are known.
const most = 3;
// Played nodes answer at once: a script that is not at its end by then waits for something.
const limitMs = 60_000;

/** Plays a script with earlier answers, again until the reused nodes stay the same. */
export async function playResume(place: Omit<EstimateOptions, 'input' | 'limitMs' | 'answer'>, input: RunInput, old: readonly OldNode[]): Promise<Played> {
  let looked: { hits: MetNode[]; others: MetNode[] } | undefined;
  for (let turn = 1; ; turn++) {
    const matcher = new Matcher(old, looked?.hits, looked?.others);
    const stands = new Map<string, OldNode>();
    const answer = async (request: NodeRequest): Promise<NodeOutcome> => {
      const before = matcher.take(request);
      if (before) stands.set(request.key, before);
      if (before?.failure) return before.failure;
      return before?.state === 'done' ? answered(await valueOf(before)) : madeUp(request);
    };
    const { records, stopped } = await playRun({ ...place, input: { ...input, runId: `${input.runId}-${turn}` }, limitMs, answer });
    const met = metNodes(records);
    const [hits, others] = [met.filter(({ hit }) => hit), met.filter(({ hit }) => !hit)];
    // One that fails before it is handed out, for its schema or its files, was never answered here.
    for (const node of others.filter(({ key }) => !stands.has(key))) {
      const before = matcher.take(node);
      if (before) stands.set(node.key, before);
    }
    if (turn === most || (looked && sameKeys(looked.hits, hits)))
      return { met, stands, asked: input.reuse?.again, ...(stopped === undefined ? {} : { stopped }) };
    looked = { hits, others };
  }
}

function sameKeys(a: readonly MetNode[], b: readonly MetNode[]): boolean {
  const keys = new Set(a.map(({ key }) => key));
  return a.length === b.length && b.every(({ key }) => keys.has(key));
}

async function valueOf({ held, value, label }: OldNode): Promise<Json> {
  const loaded = held && (await loadResults(held));
  if (!loaded) return value;
  return loaded.ok ? (loaded.values[held.item] ?? null) : `unreadable earlier answer of ${label}`;
}

function answered(value: Json): NodeOutcome {
  return { status: 'ok', value, isText: false, tokens: 0, taken: 'mock', events: [] };
}

async function madeUp(request: NodeRequest): Promise<NodeOutcome> {
  if (request.backend === 'mock' || request.schema) {
    const played = await playNode(request);
    if (played.status === 'ok') return { ...played, tokens: 0 };
  }
  return { ...answered(`no earlier answer of ${request.label} (${request.key})`), isText: true };
}
