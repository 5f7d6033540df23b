import type { Json } from '../../schemas/json.ts';
import type { NodeRequest, RetryContext } from '../../schemas/node.ts';
import { cutCodePoints } from '../text.ts';

export interface PromptParts {
  /** The author's prompt. */
  prompt: string;
  /** Rules that the agent is to keep to, each under its id (SKILL-02). */
  skills?: NodeRequest['skills'];
  schema?: Json | undefined;
  schemaName?: string | undefined;
  /** What the reply is for (SCH-03). */
  purpose?: string | undefined;
  retry?: RetryContext | undefined;
  /** This attempt's number, from 1, and how many there may be; named in the retry block. */
  attempt?: number | undefined;
  maxAttempts?: number | undefined;
}

/** What an executor is told: the author's prompt, then its skills (SKILL-02), then on a retry what failed (SCH-05), then the contract of the schema (SCH-04). */
export function composePrompt(parts: PromptParts): string {
  const blocks = [parts.prompt];
  if (parts.skills?.length) blocks.push(skillsBlock(parts.skills));
  if (parts.retry) blocks.push(retryBlock(parts.retry, parts));
  if (parts.schema !== undefined) blocks.push(contract(parts.schema, parts));
  return blocks.join('\n\n');
}

function skillsBlock(skills: NonNullable<PromptParts['skills']>): string {
  const heading = 'ODW skills: work in the following ways while you do the task above. Where the task itself says otherwise, the task holds.';
  return [heading, ...skills.map(({ id, text }) => `[skill: ${id}]\n${text}`)].join('\n\n');
}

function retryBlock(retry: RetryContext, parts: PromptParts): string {
  const previous = Math.max(1, (parts.attempt ?? 2) - 1);
  return [
    'ODW retry context:',
    `Previous attempt: ${previous}/${Math.max(previous, parts.maxAttempts ?? previous)}`,
    `Failure category: ${retry.category}`,
    `Failure message: ${retry.message}`,
    ...(retry.issues.length > 0 ? ['Schema issues:', ...retry.issues.map((issue) => `- ${issue}`)] : []),
    'Previous result:',
    cutCodePoints(JSON.stringify(retry.previousResult), 6000, '...<truncated>'),
    'Do the same task again and correct only what failed its contract. Keep what was right.',
  ].join('\n');
}

const feedbackShape = {
  ok: false,
  origin: { phase: '<phase>', agent: '<your label>' },
  error: { category: '<short_name>', message: '<what went wrong>' },
  feedback: { retryable: false, user_message: '<for the person who reads this>', next_action: '<what to do next>' },
};

function contract(schema: Json, parts: PromptParts): string {
  return [
    'ODW final response contract:',
    '- Do the task as you normally would, with every tool and intermediate message you need. This contract binds only your final reply.',
    ...(parts.purpose ? [`- Purpose of the final reply: ${parts.purpose}`] : []),
    `- The final reply must be exactly one JSON value that matches the schema "${parts.schemaName ?? 'inline schema'}" below. No code fence, no text before or after it.`,
    '- When you cannot fulfil the task, reply with one JSON object of this error-feedback shape instead. "origin", "error" and "feedback" are required:',
    `  ${JSON.stringify(feedbackShape)}`,
    `JSON Schema (${parts.schemaName ?? 'inline schema'}):`,
    JSON.stringify(schema, null, 2),
  ].join('\n');
}
