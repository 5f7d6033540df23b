import type { NodeChanges } from '../../schemas/run-control.ts';
import { fingerprintOf } from '../../src/keys/fingerprint.ts';
import { cutCodePoints } from '../../src/text.ts';
import type { RunContext } from '../run-context.ts';
import { identityOf, type NodeCall } from './call.ts';

const previewed = 8000;

/**
 * Lets the next dispatch of a node ask something else than its script does (CTRL-05). The node keeps its key, by which the run knows it; its
 * fingerprint is that of what is asked. `restartedWith` remembers the script's, so that a resume finds the result by either.
 */
export function changeCall(ctx: RunContext, call: NodeCall, { model, effort, prompt }: NodeChanges): void {
  const before = call.restartedWith;
  call.settings = {
    ...call.settings,
    ...(model === undefined ? {} : { model: model === 'inherit' ? undefined : model }),
    ...(effort === undefined ? {} : { effort }),
  };
  if (prompt !== undefined) call.prompt = call.preamble + prompt;
  const ofScript = before?.fingerprint ?? call.fingerprint;
  call.fingerprint = fingerprintOf(identityOf(ctx, call));
  call.restartedWith = {
    ...before,
    fingerprint: ofScript,
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { effort }),
    ...(prompt === undefined ? {} : { prompt: cutCodePoints(prompt, previewed) }),
  };
  // As the script asks it after all.
  if (call.fingerprint === ofScript) call.restartedWith = undefined;
}
