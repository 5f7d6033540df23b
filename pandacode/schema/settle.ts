import type { TurnResult } from '../runtimes/runtime.ts';
import { jsonCandidates } from './candidates.ts';
import type { LoadedSchema } from './load-schema.ts';

/** A reply in the error-feedback shape: the agent says that it cannot do the task. */
export interface ErrorFeedback {
  ok: false;
  error: { category: string; message: string };
  feedback: { retryable: boolean; user_message: string; next_action: string };
}

export type Settled = { kind: 'valid'; value: unknown } | { kind: 'feedback'; value: ErrorFeedback } | { kind: 'invalid'; issues: string[]; value?: unknown };

/** Looks for a value that the schema accepts: the runtime's own channel first, then the final text. */
export function settle(turn: Pick<TurnResult, 'structured' | 'finalText'>, schema: LoadedSchema): Settled {
  const candidates = [...(turn.structured ? [turn.structured.value] : []), ...jsonCandidates(turn.finalText)];
  // A value that fits as it was given is never adapted; of one that does not, the adapted form names the real problems.
  const asGiven = turn.structured && 'asGiven' in turn.structured ? [turn.structured.asGiven] : [];
  for (const value of [...asGiven, ...candidates]) if (schema.problems(value).length === 0) return { kind: 'valid', value };
  const feedback = candidates.find(isErrorFeedback);
  if (feedback) return { kind: 'feedback', value: feedback };
  if (candidates.length === 0) return { kind: 'invalid', issues: ['$ is required: the reply holds no JSON value'] };
  return { kind: 'invalid', issues: schema.problems(candidates[0]), value: candidates[0] };
}

function isErrorFeedback(value: unknown): value is ErrorFeedback {
  const it = value as {
    ok?: unknown;
    origin?: { phase?: unknown; agent?: unknown };
    error?: { category?: unknown; message?: unknown };
    feedback?: Record<string, unknown>;
  } | null;
  return (
    typeof it === 'object' &&
    it?.ok === false &&
    typeof it.origin?.phase === 'string' &&
    typeof it.origin.agent === 'string' &&
    typeof it.error?.category === 'string' &&
    typeof it.error.message === 'string' &&
    typeof it.feedback?.['retryable'] === 'boolean' &&
    typeof it.feedback['user_message'] === 'string' &&
    typeof it.feedback['next_action'] === 'string'
  );
}

/** The prompt of a repair turn. */
export function repairPrompt(issues: string[], schema: LoadedSchema): string {
  return [
    'Your last reply does not match the JSON Schema that it has to match. Do not do the task again; correct only the reply.',
    'Problems:',
    ...issues.slice(0, 20).map((issue) => `- ${issue}`),
    'Reply with exactly one JSON value, without fences or prose, that matches this schema:',
    JSON.stringify(schema.schema, null, 2),
  ].join('\n');
}
