import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { nothingUsed } from '../../src/node/nothing-used.ts';
import { failureClass } from '../../src/policy/failure-class.ts';
import type { SlotEnd } from '../../src/policy/slots.ts';
import { odwHome } from '../../system/paths.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { readPriority } from '../provider-cap/run-priority.ts';
import { takeSlot, type Slot } from '../provider-cap/take-slot.ts';
import { startBeating, withoutExecutor } from './beat.ts';
import { cancelledFailure } from './executor-failures.ts';
import { firstOf } from './first-of.ts';
import type { NodeEvidence, NodeHost } from './host.ts';
import { holdFailure } from './hold.ts';
import { nodeLeft } from './node-left.ts';
import { awaitPrefix } from './prefix-stagger.ts';
import { readSteps } from './steps.ts';

type Finish = (changed: boolean) => NodeOutcome;

/**
 * Does the work of a node under the limits that all runs of this machine share for its provider (RATE-01), and marks a failure that
 * is the provider's. An executor that an earlier host left, alive or finished, is taken up without waiting.
 *
 * @throws `node-left` when the host is to stop waiting
 */
export async function inSlot(request: NodeRequest, host: NodeHost, files: NodeFiles, work: (host: NodeHost) => Promise<Finish>): Promise<Finish> {
  const { service } = request;
  if (service === undefined) return work(host);
  const stopWaiting = firstOf(host.cancelled, host.leaving);
  return inSlotOf(service, request, host, files, work, stopWaiting.signal).finally(stopWaiting.release);
}

async function inSlotOf(
  service: string,
  request: NodeRequest,
  host: NodeHost,
  files: NodeFiles,
  work: (host: NodeHost) => Promise<Finish>,
  stopWaiting: AbortSignal,
): Promise<Finish> {
  const running = readSteps(files.dir).length > 0;
  const stopBeating = startBeating(host, withoutExecutor('queued'));
  const slot = await takeSlot({
    home: odwHome(host.executor.env),
    provider: service,
    env: host.executor.env,
    id: `${request.runId}/${host.activityId}`,
    run: request.runId,
    priority: () => readPriority(request.runDir),
    dir: files.dir,
    trial: request.trial ?? false,
    running,
    signal: stopWaiting,
  }).finally(stopBeating);
  if (!slot) return ended(host);
  if (!slot.granted) return () => holdFailure(request, refused(request), slot.account);
  let end: SlotEnd = { kind: 'other' };
  try {
    const finish = await behindPrefix(request, tellingThrottles(host, slot), running, stopWaiting, work);
    end = endOf(finish(true));
    return (changed) => {
      const outcome = holdFailure(request, finish(changed), slot.account);
      return slot.problem === undefined ? outcome : { ...outcome, events: [...outcome.events, { type: 'log', message: `warning: ${slot.problem}` }] };
    };
  } finally {
    await slot.release(end);
  }
}

// An executor tells of one wait several times, with what is left of it; one that a host before this one saw is told with its end in the past.
const sameWaitMs = 1000;
const pastMs = 10_000;

// RATE-02. A vendor's tool waits a 429 out by itself, for minutes, and all that start meanwhile would meet it too.
function tellingThrottles(host: NodeHost, slot: Slot): NodeHost {
  let told = -Infinity;
  const heartbeat = (evidence: NodeEvidence) => {
    host.heartbeat(evidence);
    const { throttledUntilMs: untilMs } = evidence;
    if (untilMs === undefined || untilMs <= told + sameWaitMs || untilMs < Date.now() - pastMs) return;
    told = untilMs;
    void slot.throttled(untilMs);
  };
  return { ...host, heartbeat };
}

// RATE-04. An executor that runs already waits for nobody.
async function behindPrefix(
  request: NodeRequest,
  host: NodeHost,
  running: boolean,
  stopWaiting: AbortSignal,
  work: (host: NodeHost) => Promise<Finish>,
): Promise<Finish> {
  if (running) return work(host);
  const stopBeating = startBeating(host, withoutExecutor('queued'));
  const turn = await awaitPrefix(request, host.executor, stopWaiting).finally(stopBeating);
  if (!turn) return work(host);
  try {
    if (stopWaiting.aborted) return ended(host);
    const heartbeat = (evidence: NodeEvidence) => {
      if (evidence.answered) turn.output();
      host.heartbeat(evidence);
    };
    return await work({ ...host, heartbeat });
  } finally {
    turn.end();
  }
}

function ended(host: NodeHost): Finish {
  if (host.cancelReason() === 'leave') throw nodeLeft(host.activityId);
  return () => unstarted(cancelledFailure());
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
