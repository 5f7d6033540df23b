import type { ControlAnswer, ControlRequest, NodeChanges } from '../../schemas/run-control.ts';
import { sha256 } from '../../src/keys/sha256.ts';
import { cutCodePoints } from '../../src/text.ts';
import { changeCall } from '../node/change.ts';
import type { NodeCall } from '../node/call.ts';
import type { Dispatch, RunContext } from '../run-context.ts';
import { refusal, told } from './told.ts';

type NodeCommand = Extract<ControlRequest, { command: 'node' }>;

/** A node that has begun and not ended: it runs, or waits to start. */
interface LiveNode {
  key: string;
  label: string;
  running?: Dispatch;
  waiting?: NodeCall;
}

/** `odw node stop` and `odw node restart` (CTRL-04, CTRL-05). A node is named by its key, or by a label that only one node has of those that run or wait. */
export function steerNode(ctx: RunContext, request: NodeCommand): ControlAnswer {
  const { action, node: name } = request;
  const nodes = liveNodes(ctx);
  const labelled = nodes.filter(({ label }) => label === name);
  const node = nodes.find(({ key }) => key === name) ?? (labelled.length === 1 ? labelled[0] : undefined);
  if (!node && labelled.length > 1)
    return refusal(ctx, 'NODE_AMBIGUOUS', `${labelled.length} nodes have the label ${name}: name one by its key, ${list(labelled)}`);
  if (!node)
    return refusal(
      ctx,
      'NODE_NOT_RUNNING',
      `no node that runs or waits has the key or label ${name}; there ${nodes.length === 0 ? 'is none' : `are: ${list(nodes)}`}`,
    );
  const changes = request.action === 'restart' ? request.changes : undefined;
  if (node.running) return endRunning(ctx, node, node.running, action, changes);
  return action === 'stop' ? endWaiting(ctx, node) : changeWaiting(ctx, node, changes);
}

function endRunning(ctx: RunContext, { key }: LiveNode, dispatch: Dispatch, action: NodeCommand['action'], changes: NodeChanges | undefined): ControlAnswer {
  if (dispatch.asked) return refusal(ctx, 'NODE_NOT_RUNNING', `node ${key} is ending already, to ${dispatch.asked}`);
  dispatch.asked = action;
  dispatch.changes = changes;
  tell(ctx, key, dispatch.label, action, changes);
  dispatch.cancel();
  return told(ctx, true);
}

// It ends without having started.
function endWaiting(ctx: RunContext, { key, label, waiting }: LiveNode): ControlAnswer {
  if (!waiting || waiting.stopped) return refusal(ctx, 'NODE_NOT_RUNNING', `node ${key} is ending already, to stop`);
  waiting.stopped = true;
  tell(ctx, key, label, 'stop', undefined);
  ctx.resting.get(waiting)?.();
  ctx.control.drop(waiting);
  return told(ctx, true);
}

function changeWaiting(ctx: RunContext, { key, label, waiting }: LiveNode, changes: NodeChanges | undefined): ControlAnswer {
  if (!waiting || !changes) return refusal(ctx, 'NODE_NOT_RUNNING', `node ${key} waits to start: there is nothing to start anew`);
  tell(ctx, key, label, 'restart', changes);
  changeCall(ctx, waiting, changes);
  return told(ctx, true);
}

function tell(ctx: RunContext, key: string, label: string, action: NodeCommand['action'], changes: NodeChanges | undefined): void {
  const { prompt, ...rest } = changes ?? {};
  const shown = { ...rest, ...(prompt === undefined ? {} : { prompt: { preview: cutCodePoints(prompt, 8000), sha256: sha256(prompt) } }) };
  ctx.journal.emit('node_command', { key, label, action, ...(changes ? { changes: shown } : {}) });
}

function liveNodes(ctx: RunContext): LiveNode[] {
  const waiting = [...ctx.providers.queued(), ...ctx.resting.keys()];
  return [
    ...[...ctx.dispatches].map(([key, running]) => ({ key, label: running.label, running })),
    ...waiting.map((call) => ({ key: call.key, label: call.settings.label, waiting: call })),
  ];
}

const listed = 10;

function list(nodes: readonly LiveNode[]): string {
  const more = nodes.length > listed ? ` and ${nodes.length - listed} more` : '';
  return (
    nodes
      .slice(0, listed)
      .map(({ key, label }) => `${label} (${key})`)
      .join(', ') + more
  );
}
