import type { Client } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { nodeFiles } from '../../activities/executor/node-files.ts';
import { readOutcome } from '../../activities/run-node/outcome-file.ts';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { troubledBlob } from '../blobs/blob-trouble.ts';
import { nodeValue } from '../../workflows/node/value.ts';
import { executionsOf } from './executions.ts';

/** A node that was handed out, and its outcome when it has one. */
export interface KeptNode {
  activityId: string;
  request: NodeRequest;
  outcome: NodeOutcome | undefined;
  /** SHA-256 of the blob that holds the outcome, when that is missing or damaged and nothing else holds it. */
  unreadable?: string;
}

/** A node that has an answer in history, and whose request stands in a blob that cannot be read. */
export interface LostNode {
  /** How the fingerprint of the node begins. */
  prefix: string;
  /** SHA-256 of the blob. */
  blob: string;
}

/**
 * What a run's nodes were asked and answered, read from its histories without playing them: for one that this version's workflow code
 * does not fit. Outcomes that did not reach the server are taken from the nodes' folders.
 *
 * @param last the history of the run's last execution; those before it are asked of the server, as far as it still has them
 * @param onLost told of an answer of which nobody knows what was asked, for the blob with that cannot be read
 */
export async function readKeptNodes(client: Client, runId: string, last: History, onLost: (lost: LostNode) => void = () => {}): Promise<KeptNode[]> {
  const nodes: KeptNode[] = [];
  for await (const history of executionsOf(client, runId, last)) nodes.unshift(...(await nodesOf(client, history, onLost)));
  return nodes.map(({ unreadable, ...node }) => {
    const outcome = node.outcome ?? readOutcome(nodeFiles(node.request.runDir, node.activityId).outcome);
    return { ...node, outcome, ...(unreadable !== undefined && !outcome ? { unreadable } : {}) };
  });
}

/** The results among kept nodes, as another run takes them over. */
export function reusableOf(nodes: readonly Pick<KeptNode, 'request' | 'outcome'>[]): Record<string, ReusableNode> {
  const found: Record<string, ReusableNode> = {};
  for (const { request, outcome } of nodes) {
    if (outcome?.status !== 'ok' || request.fingerprint === undefined) continue;
    const { key, fingerprint, restartedWith, label, phase, index } = request;
    found[key] = {
      fingerprint,
      value: nodeValue(outcome, request.schema !== undefined),
      tokens: outcome.tokens,
      label,
      phase,
      index,
      ...(restartedWith ? { restartedWith } : {}),
    };
  }
  return found;
}

/**
 * The nodes whose results stand in blobs that cannot be read, as another run refers to them: each fails by that blob's name instead of being paid
 * again, and is reused once the blob is back.
 */
export function unreadableOf(nodes: readonly KeptNode[]): Record<string, ReusableNode> {
  // Of several dispatches of one node the last counts.
  const last = new Map(nodes.map((node) => [node.request.key, node]));
  const found: Record<string, ReusableNode> = {};
  for (const { request, unreadable } of last.values()) {
    if (unreadable === undefined || request.fingerprint === undefined) continue;
    const { key, fingerprint, restartedWith, label, phase, index, schema } = request;
    const held = { sha256: unreadable, item: schema === undefined ? 0 : 1 };
    found[key] = { fingerprint, value: null, tokens: null, label, phase, index, held, ...(restartedWith ? { restartedWith } : {}) };
  }
  return found;
}

type Payloads = NonNullable<NonNullable<NonNullable<History['events']>[number]['activityTaskScheduledEventAttributes']>['input']>['payloads'];

async function nodesOf({ options }: Client, { events }: History, onLost: (lost: LostNode) => void): Promise<KeptNode[]> {
  const payloads: NonNullable<Payloads> = [];
  const found = new Map<string, { activityId: string; request: number; outcome?: number }>();
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const [input] = scheduled?.input?.payloads ?? [];
    if (scheduled?.activityType?.name === 'agent' && input)
      found.set(String(event.eventId), { activityId: scheduled.activityId ?? '', request: payloads.push(input) - 1 });
    const completed = event.activityTaskCompletedEventAttributes;
    const [result] = completed?.result?.payloads ?? [];
    const node = completed && found.get(String(completed.scheduledEventId));
    if (node && result) node.outcome = payloads.push(result) - 1;
  }
  const values = await decodeEach(options.loadedDataConverter, payloads);
  return [...found.values()].flatMap(({ activityId, request, outcome }) => {
    const asked = values[request]?.value as NodeRequest | undefined;
    const answer = outcome === undefined ? undefined : values[outcome];
    if (!asked) {
      const blob = values[request]?.unreadable;
      if (blob !== undefined && answer) onLost({ prefix: activityId.replace(/-\d+$/, ''), blob });
      return [];
    }
    return [
      { activityId, request: asked, outcome: answer?.value as NodeOutcome | undefined, ...(answer?.unreadable ? { unreadable: answer.unreadable } : {}) },
    ];
  });
}

/** A value of history, or the SHA-256 of the blob it stands in when that cannot be read. */
interface Decoded {
  value?: unknown;
  unreadable?: string;
}

// A blob that is missing or damaged costs the node that it belongs to, and no other.
async function decodeEach(converter: Client['options']['loadedDataConverter'], payloads: NonNullable<Payloads>): Promise<Decoded[]> {
  try {
    return (await decode(converter, payloads)).map((value) => ({ value }));
  } catch (error) {
    if (troubledBlob(error) === undefined) throw error;
    const one = (payload: (typeof payloads)[number]) =>
      decode(converter, [payload]).then(
        ([value]): Decoded => ({ value }),
        (problem: unknown): Decoded | Promise<never> => {
          const unreadable = troubledBlob(problem);
          return unreadable === undefined ? Promise.reject(problem) : { unreadable };
        },
      );
    return Promise.all(payloads.map(one));
  }
}

async function decode(converter: Client['options']['loadedDataConverter'], payloads: NonNullable<Payloads>): Promise<unknown[]> {
  if (payloads.length === 0) return [];
  const { decodeArrayFromPayloads, extstoreInboundOptions, visit, walkStartWorkflowExecutionRequest } =
    await import('@temporalio/common/lib/internal-non-workflow/index.js');
  // Only whole messages can be resolved: this one has a list of payloads.
  const request = { input: { payloads: [...payloads] } };
  await visit(request, walkStartWorkflowExecutionRequest, extstoreInboundOptions(converter.externalStorage));
  return decodeArrayFromPayloads(converter, request.input.payloads, undefined);
}
