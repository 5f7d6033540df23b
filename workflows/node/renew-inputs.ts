import { fingerprintOf, Ordinals } from '../../src/keys/fingerprint.ts';
import { partsOf } from '../../src/keys/parts.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import { identityOf, type NodeCall } from './call.ts';
import { lookAt } from './inputs.ts';

/**
 * Hashes the files of a node anew that is about to start after a wait: the agent reads them now, and the node is named after what it reads.
 *
 * @returns why it cannot be done
 */
export async function renewInputs(ctx: RunContext, call: NodeCall): Promise<string | undefined> {
  const before = call.inputs;
  // Nobody reads them in a run that is only explained.
  if (!before || before.turn === outside.turn || ctx.input.explain) return undefined;
  const now = (call.inputs = await lookAt(ctx, before.patterns));
  if (!now.hashed.ok) return now.hashed.message;
  if (before.hashed.ok && before.hashed.sha256 === now.hashed.sha256) return undefined;
  const identity = identityOf(ctx, call);
  call.fingerprint = fingerprintOf(identity);
  call.parts = partsOf(identity);
  // A key that is the author's id stays.
  if (call.settings.id !== undefined) return undefined;
  call.bareKey = `agent:${call.fingerprint}`;
  call.key = Ordinals.name(call.bareKey, ctx.keyOrdinals.next(call.bareKey));
  return undefined;
}
