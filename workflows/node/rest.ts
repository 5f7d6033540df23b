import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import type { NodeCall } from './call.ts';

/** Waits between two dispatches of a node; ends at once when a person stops the node. */
export async function rest(ctx: RunContext, call: NodeCall, ms: number): Promise<void> {
  const timer = outside.timer(ms);
  let wake = () => {};
  const stopped = new Promise<void>((resolve) => (wake = resolve));
  ctx.resting.set(call, () => {
    timer.cancel();
    wake();
  });
  try {
    await Promise.race([timer.done, stopped]);
  } finally {
    ctx.resting.delete(call);
  }
}
