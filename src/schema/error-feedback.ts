import * as z from 'zod';
import { json } from '../../schemas/json.ts';

/** What an agent replies when it cannot give what the schema asks for (spec section 6). */
export const errorFeedback = z.looseObject({
  ok: z.literal(false),
  origin: z.looseObject({ phase: z.string(), agent: z.string(), backend: z.string().optional(), attempt: z.number().optional() }),
  error: z.looseObject({
    category: z.string(),
    message: z.string(),
    command: json.optional(),
    exit_code: z.number().nullable().optional(),
    stdout_tail: z.string().nullable().optional(),
    stderr_tail: z.string().nullable().optional(),
  }),
  feedback: z.looseObject({
    retryable: z.boolean(),
    user_message: z.string(),
    next_action: z.string(),
    retry_prompt: z.string().nullable().optional(),
    required_change: json.optional(),
  }),
});
export type ErrorFeedback = z.infer<typeof errorFeedback>;

/** True for a reply in the full error-feedback shape: a structured failure, whatever the node's schema (SCH-13). */
export function isErrorFeedback(value: unknown): value is ErrorFeedback {
  return errorFeedback.safeParse(value).success;
}
