import type { NodeRequest } from '../../schemas/node.ts';
import { briefWaitMs } from '../../src/policy/brief-wait.ts';
import type { RunContext } from '../run-context.ts';
import type { NodeCall } from './call.ts';

/** Which failures of the next dispatch are to be held (QUOTA-03). A node that has attempts of its own uses those for passing trouble. */
export function holdOf(ctx: RunContext, { retry, waits, options }: NodeCall): NodeRequest['hold'] {
  if (!ctx.realBackend && options['mockRefusal'] === undefined) return undefined;
  return retry.maxAttempts === 1 && briefWaitMs(waits.brief) !== undefined ? 'all' : 'provider';
}
