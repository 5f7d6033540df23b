import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { sampleOf } from '../../src/schema/sample.ts';
import { compiledSchema } from './compiled-schema.ts';
import type { NodeHost } from './host.ts';
import { runMock } from './run-mock.ts';

/** Plays a node for an estimate: as the mock backend does, at once, without a worktree, and with a value for schemas that the mock has none for. */
export async function playNode(request: NodeRequest): Promise<NodeOutcome> {
  const { worktree, ...rest } = request;
  const played: NodeRequest = { ...rest, mock: { ...request.mock, mockDelayMs: 0 } };
  const outcome = await runMock(played, quietHost, undefined);
  const changes = worktree ? { worktree: { changed: false, files: [], diff: '' } } : {};
  const compiled = await compiledSchema(played);
  const sample = outcome.status === 'mismatch' && request.schema ? sampleOf(request.schema.json) : undefined;
  if (sample === undefined || !compiled?.ok || compiled.validate(sample).length > 0) return { ...outcome, ...changes };
  return { status: 'ok', value: sample, isText: false, tokens: outcome.tokens, taken: 'mock', events: [], ...changes };
}

const quietHost: NodeHost = {
  activityId: 'played',
  executor: { pandacodeBin: '', command: [], features: new Set(), env: {} },
  heartbeat: () => undefined,
  cancelled: new AbortController().signal,
  cancelReason: () => 'leave',
};
