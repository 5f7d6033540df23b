import type { NodeFailure, NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { at } from '../../src/executor-report/json-object.ts';
import { failureClass, waitAfter } from '../../src/policy/failure-class.ts';
import { resetTimeOfText } from '../../src/policy/reset-time.ts';

/**
 * Marks a failure that is the provider's, not the agent's, as held (QUOTA-03), when the run asks for that. Only what the executor itself
 * reported counts: an agent that names its own failure "quota" stops nobody.
 */
export function holdFailure(request: NodeRequest, outcome: NodeOutcome, account?: string, nowMs = Date.now()): NodeOutcome {
  const { failure } = outcome;
  if (!request.hold || outcome.status !== 'failed' || !failure) return outcome;
  if (at(outcome.report, 'ok') !== false || at(outcome.report, 'error', 'category') !== failure.category) return outcome;
  // A host's environment does not change: whoever waited for a variable to be set would wait in vain.
  if (at(outcome.report, 'error', 'missing_env') === true) return outcome;
  const how = waitAfter(failure.category);
  if (how === undefined || (how === 'briefly' && request.hold !== 'all')) return outcome;
  const kind = failureClass(failure.category) as NonNullable<NodeOutcome['held']>['class'];
  const untilMs = servesAgain(failure, nowMs);
  return { ...outcome, held: { class: kind, ...(account === undefined ? {} : { account }), ...(untilMs === undefined ? {} : { untilMs }) } };
}

// An executor that is not our own passes the vendor's words on without reading them.
function servesAgain({ reset_at, retry_after_ms, message }: NodeFailure, nowMs: number): number | undefined {
  const reset = reset_at === undefined ? NaN : Date.parse(reset_at);
  if (!Number.isNaN(reset)) return reset;
  return retry_after_ms === undefined ? resetTimeOfText(message, nowMs) : nowMs + retry_after_ms;
}
