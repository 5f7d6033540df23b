import { runAgent } from '../node/agent.ts';
import type { RunContext } from '../run-context.ts';
import { currentScope, placeOf, runInScope, type Scope } from '../scope.ts';
import { allOk, checkItemCount, runSlots, slotCount, thrownMessage } from './slots.ts';

type Options = Record<string, unknown>;

/** parallel(nodes, options): a barrier over functions or node objects; a thrown item is null (PAR-01 to PAR-08). */
export async function parallel(ctx: RunContext, nodes: unknown, options: Options = {}, defaultLabel = 'parallel'): Promise<unknown[]> {
  if (!Array.isArray(nodes)) throw new TypeError('parallel(thunks) requires an array');
  checkItemCount(defaultLabel, nodes.length);
  const scope = currentScope();
  const label = text(options['label']) ?? text(options['id']) ?? defaultLabel;
  const phase = text(options['phase']) ?? scope.phase;
  const max = slotCount(ctx, defaultLabel, options, nodes.length);
  const id = ctx.nextGroupId();
  const group = { id, label, phase, count: nodes.length, max, ...placeOf(scope) };
  ctx.journal.emit('parallel_start', group);
  const slots = new Array<unknown>(nodes.length).fill(null);
  await runSlots(nodes.length, max, async (index) => {
    const item: Scope = { phase, frame: scope.frame, group: id, item: index };
    try {
      slots[index] = (await runInScope(item, () => runItem(ctx, item, nodes[index], index))) ?? null;
    } catch (error) {
      ctx.journal.emit('parallel_item_error', { label, phase, index, message: thrownMessage(error), group: id, item: index });
    }
  });
  ctx.journal.emit('parallel_done', { ...group, ok: allOk(ctx, slots) });
  return slots;
}

/** fanout(items, mapper, options): parallel over mapped items (PAR-09). */
export async function fanout(ctx: RunContext, items: unknown, mapper: unknown, options: Options = {}): Promise<unknown[]> {
  if (!Array.isArray(items)) throw new TypeError('fanout(items, mapper) requires an item array');
  if (typeof mapper !== 'function') throw new TypeError('fanout mapper must be a function');
  checkItemCount('fanout', items.length);
  const map = mapper as (item: unknown, index: number) => unknown;
  const thunks = items.map((item, index) => async () => {
    const node = await map(item, index);
    return isNodeObject(node) ? runItem(ctx, currentScope(), node, index) : typeof node === 'function' ? (node as (index: number) => unknown)(index) : node;
  });
  return parallel(ctx, thunks, options, 'fanout');
}

// PAR-03.
async function runItem(ctx: RunContext, scope: Scope, node: unknown, index: number): Promise<unknown> {
  if (typeof node === 'function') return (node as (index: number) => unknown)(index);
  if (!isNodeObject(node))
    throw new TypeError(`parallel item ${index} must be a function or an object with a prompt, got ${node === null ? 'null' : typeof node}`);
  const { prompt, input, ...options } = node;
  return runAgent(ctx, scope, prompt ?? input, { label: `parallel-${index + 1}`, ...options });
}

function isNodeObject(node: unknown): node is Record<string, unknown> & { prompt?: unknown; input?: unknown } {
  return typeof node === 'object' && node !== null && !Array.isArray(node) && typeof ((node as Options)['prompt'] ?? (node as Options)['input']) === 'string';
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
