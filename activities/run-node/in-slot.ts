import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { nothingUsed } from '../../src/node/nothing-used.ts';
import { failureClass } from '../../src/policy/failure-class.ts';
import type { SlotEnd } from '../../src/policy/slots.ts';
import { odwHome } from '../../system/paths.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { takeSlot } from '../provider-cap/take-slot.ts';
import { startBeating, withoutExecutor } from './beat.ts';
import { cancelledFailure } from './executor-failures.ts';
import type { NodeHost } from './host.ts';
import { holdFailure } from './hold.ts';
import { nodeLeft } from './node-left.ts';
import { readSteps } from './steps.ts';

type Finish = (changed: boolean) => NodeOutcome;

/**
 * Does the work of a node under the limits that all runs of this machine share for its provider (RATE-01), and marks a failure that
 * is the provider's. An executor that an earlier host left, alive or finished, is taken up without waiting.
 *
 * @throws `node-left` when the host is to stop waiting
 */
export async function inSlot(request: NodeRequest, host: NodeHost, files: NodeFiles, work: () => Promise<Finish>): Promise<Finish> {
  if (request.service === undefined) return work();
  const stopBeating = startBeating(host, withoutExecutor('queued'));
  const slot = await takeSlot({
    home: odwHome(host.executor.env),
    provider: request.service,
    env: host.executor.env,
    id: `${request.runId}/${host.activityId}`,
    run: request.runId,
    dir: files.dir,
    trial: request.trial ?? false,
    running: readSteps(files.dir).length > 0,
    signal: host.cancelled,
  }).finally(stopBeating);
  if (!slot) {
    if (host.cancelReason() === 'leave') throw nodeLeft(host.activityId);
    return () => unstarted(cancelledFailure());
  }
  if (!slot.granted) return () => holdFailure(request, refused(request), slot.account);
  let end: SlotEnd = { kind: 'other' };
  try {
    const finish = await work();
    end = endOf(finish(true));
    return (changed) => {
      const outcome = holdFailure(request, finish(changed), slot.account);
      return slot.problem === undefined ? outcome : { ...outcome, events: [...outcome.events, { type: 'log', message: `warning: ${slot.problem}` }] };
    };
  } finally {
    await slot.release(end);
  }
}

function endOf({ status, failure }: NodeOutcome): SlotEnd {
  if (status !== 'failed') return { kind: 'served' };
  const kind = failureClass(failure?.category ?? '');
  if (kind === 'rate') return { kind: 'rate', askedMs: failure?.retry_after_ms };
  return { kind: kind === 'quota' ? 'quota' : 'other' };
}

// Another dispatch was told so while this one waited for its turn.
function refused(request: NodeRequest): NodeOutcome {
  const failure = { category: 'quota', message: `${request.service} is used up, as another node was told; no executor was started`, retryable: false };
  return { ...unstarted(failure), report: { ok: false, error: { ...failure } } };
}

function unstarted(failure: NonNullable<NodeOutcome['failure']>): NodeOutcome {
  return { status: 'failed', value: null, isText: false, failure, tokens: null, ...nothingUsed, taken: 'started', events: [] };
}
