import type { Json } from '../../schemas/json.ts';
import type { NodeOutcome } from '../../schemas/node.ts';

/** What the script gets for a successful attempt (AGENT-12 to AGENT-14). */
export function nodeValue(outcome: NodeOutcome, hasSchema: boolean): Json {
  const worktree = outcome.worktree as unknown as Json | undefined;
  if (worktree === undefined) return outcome.value;
  if (outcome.isText && !hasSchema) return { text: outcome.value, worktree };
  if (typeof outcome.value === 'object' && outcome.value !== null && !Array.isArray(outcome.value)) return { ...outcome.value, worktree };
  return { value: outcome.value, worktree };
}
