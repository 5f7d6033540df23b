import type { RunContext } from '../run-context.ts';
import { currentScope, placeOf, runInScope } from '../scope.ts';
import { allOk, checkItemCount, runSlots, slotCount, thrownMessage } from './slots.ts';

type Stage = (previous: unknown, item: unknown, index: number) => unknown;

/** pipeline(items, ...stages): every item moves through the stages by itself, without a barrier (PIPE-01 to PIPE-05). */
export async function pipeline(ctx: RunContext, items: unknown, stages: unknown[]): Promise<unknown[]> {
  if (!Array.isArray(items)) throw new TypeError('pipeline(items, ...stages) requires an item array');
  if (!stages.every((stage): stage is Stage => typeof stage === 'function')) throw new TypeError('pipeline stages must be functions');
  checkItemCount('pipeline', items.length);
  const scope = currentScope();
  const { phase } = scope;
  const max = slotCount(ctx, 'pipeline', {}, items.length);
  const id = ctx.nextGroupId();
  const group = { id, label: 'pipeline', phase, count: items.length, stages: stages.length, max, ...placeOf(scope) };
  ctx.journal.emit('pipeline_start', group);
  const slots = new Array<unknown>(items.length).fill(null);
  await runSlots(items.length, max, async (index) => {
    let value: unknown = items[index];
    let itemPhase = phase;
    for (const [stage, work] of stages.entries()) {
      const place = { phase: itemPhase, frame: scope.frame, group: id, item: index, stage };
      try {
        value = await runInScope(place, async () => work(value, items[index], index));
      } catch (error) {
        ctx.journal.emit('pipeline_item_error', { label: 'pipeline', phase: place.phase, index, message: thrownMessage(error), group: id, item: index, stage });
        return;
      }
      itemPhase = place.phase;
    }
    slots[index] = value ?? null;
  });
  ctx.journal.emit('pipeline_done', { ...group, ok: allOk(ctx, slots) });
  return slots;
}
