import type { RunContext } from '../run-context.ts';

/** Most items that one parallel, fanout or pipeline call takes (DIAL-21). */
const maxItems = 4096;

/** Refuses an oversized group before any of its items starts. */
export function checkItemCount(name: string, count: number): void {
  if (count > maxItems)
    throw new Error(`FANOUT_TOO_LARGE: ${name} got ${count} items; at most ${maxItems} are allowed in one call. Split the list and call it several times`);
}

/** How many items of a group run at once (PAR-06): the cap, or less when the author asks for less. */
export function slotCount(ctx: RunContext, name: string, options: Record<string, unknown>, count: number): number {
  if (count === 0) return 0;
  const cap = ctx.permits.size;
  for (const key of ['max', 'concurrency']) {
    const wanted = options[key];
    if (wanted === undefined || wanted === null) continue;
    if (typeof wanted === 'number' && wanted > 0) return Math.min(Math.max(1, Math.floor(wanted)), cap, count);
    ctx.warn(`${name} option ${key} must be a positive number, got ${typeof wanted === 'string' ? JSON.stringify(wanted) : String(wanted)}: ignored`);
  }
  return Math.min(cap, count);
}

/** Runs `work` for the items 0 … count−1, at most `width` at once, each in order of its number. Holds no permit of the run (CONC-03). */
export async function runSlots(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const slot = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, slot));
}

/** Whether every slot of a group holds a result (PAR-08). */
export function allOk(ctx: RunContext, slots: readonly unknown[]): boolean {
  return slots.every((value) => {
    if (value === null || value === undefined) return false;
    return typeof value !== 'object' || ctx.validated.has(value) || (value as { ok?: unknown }).ok !== false;
  });
}

/** The message of anything that a script may throw. */
export function thrownMessage(error: unknown): string {
  try {
    if (typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string')
      return (error as { message: string }).message;
    return String(error);
  } catch {
    return 'a value without a string form was thrown';
  }
}
