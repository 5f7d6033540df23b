import type { Json } from '../../schemas/json.ts';
import type { NodeFailure } from '../../schemas/node.ts';

export interface FailureFacts {
  key: string;
  label: string;
  phase: string;
  agentType?: string | undefined;
  backend: string;
  runtime?: string | undefined;
  attempt: number;
  maxAttempts: number;
  schema?: string | undefined;
  failure: NodeFailure;
  /** What the last attempt answered, for the reader of the failure. */
  previousResult: Json;
  /** Fields of the normalised executor report, laid under the envelope (FAIL-01). */
  report?: Record<string, Json> | undefined;
}

/** The one shape of a failed node (section 7). */
export function failureEnvelope(facts: FailureFacts): Record<string, Json> {
  const { failure } = facts;
  const type = facts.agentType === undefined ? {} : { agentType: facts.agentType };
  const schema = facts.schema === undefined ? {} : { schema: facts.schema };
  const nextAction = failure.next_action ?? defaultNextAction(failure);
  const validation = failure.issues ? { validation: { issues: failure.issues } } : {};
  return {
    ...facts.report,
    ok: false,
    origin: {
      phase: facts.phase,
      agent: facts.label,
      ...type,
      backend: facts.backend,
      ...(facts.runtime === undefined ? {} : { runtime: facts.runtime }),
      attempt: facts.attempt,
      node_key: facts.key,
      ...schema,
    },
    error: { ...(failure as unknown as Record<string, Json>) },
    feedback: {
      retryable: failure.retryable,
      user_message: failure.message,
      next_action: nextAction,
      ...(failure.retry_prompt === undefined ? {} : { retry_prompt: failure.retry_prompt }),
    },
    context: {
      node: { key: facts.key, label: facts.label, phase: facts.phase, ...type },
      attempt: facts.attempt,
      maxAttempts: facts.maxAttempts,
      ...schema,
      ...validation,
      previous_result: facts.previousResult,
    },
  };
}

function defaultNextAction(failure: NodeFailure): string {
  if (failure.category === 'schema_mismatch') return 'Raise maxAttempts, or loosen the schema so that the reply can match it.';
  if (failure.category === 'schema_load_error') return 'Fix the schema or its path, then run again.';
  if (failure.category === 'cancelled') return 'Resume the run to start this node again.';
  return failure.retryable ? 'Run again: the failure may be temporary.' : 'Fix the cause named in the message, then resume the run.';
}
