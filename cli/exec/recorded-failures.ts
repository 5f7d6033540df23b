import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../schemas/json.ts';
import { nodeFailure, type NodeOutcome, type WorktreeChanges } from '../../schemas/node.ts';
import { nothingUsed } from '../../src/node/nothing-used.ts';

/** How nodes of a run failed, by their keys, as its journal tells it: an open run goes on with these failures, and does not ask again. */
export function recordedFailures(runDir: string): Map<string, NodeOutcome> {
  const found = new Map<string, NodeOutcome>();
  const path = join(runDir, 'events.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const line of text.split('\n').filter((one) => one.includes('"agent_done"'))) {
    const raw = readRaw(line);
    if (raw?.['type'] === 'agent_done' && raw['ok'] === false) found.set(String(raw['key']), failureOf(raw['result']));
  }
  return found;
}

/** What became of a node, out of the value that its script got: in a run that is played, the same value is made of it once more. */
export function failureOf(result: unknown): NodeOutcome {
  const envelope = (result ?? {}) as Record<string, Json>;
  const error = nodeFailure.safeParse(envelope['error']);
  const failure = error.success ? error.data : { category: 'workflow_agent_failed', message: 'the node failed', retryable: false };
  const context = envelope['context'] as { previous_result?: Json; maxAttempts?: number } | undefined;
  return {
    status: 'failed',
    value: context?.previous_result ?? null,
    isText: false,
    // It is at its end: it is not tried as often again.
    failure: (context?.maxAttempts ?? 1) > 1 ? { ...failure, retryable: false } : failure,
    report: envelope,
    ...(envelope['worktree'] ? { worktree: envelope['worktree'] as unknown as WorktreeChanges } : {}),
    ...nothingUsed,
    tokens: 0,
    taken: 'mock',
    events: [],
  };
}

function readRaw(line: string): Record<string, unknown> | undefined {
  try {
    return (JSON.parse(line) as { raw?: Record<string, unknown> }).raw;
  } catch {
    return undefined;
  }
}
