import type { Json } from '../../schemas/json.ts';
import { copyJson } from '../journal.ts';
import type { RunContext } from '../run-context.ts';

/** checkpoint(name, value), checkpoint.get and checkpoint.has (CHK-01, CHK-02). */
export function makeCheckpoint(ctx: RunContext): object {
  const checkpoint = (name: unknown, value: unknown = null) => {
    const key = String(name);
    const stored = copyJson((value === undefined ? null : value) as Json);
    ctx.checkpoints.set(key, stored);
    ctx.journal.emit('checkpoint', { name: key }, { value: stored });
  };
  return Object.assign(checkpoint, {
    get: (name: unknown, fallback: unknown = undefined) => (ctx.checkpoints.has(String(name)) ? copyJson(ctx.checkpoints.get(String(name)) ?? null) : fallback),
    has: (name: unknown) => ctx.checkpoints.has(String(name)),
  });
}
