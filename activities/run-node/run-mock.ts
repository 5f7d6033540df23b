import { setTimeout as sleep } from 'node:timers/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { isExecutorReport } from '../../src/executor-report/final-text.ts';
import { reportModel } from '../../src/executor-report/model.ts';
import { reportOutputTokens, reportTokens } from '../../src/executor-report/tokens.ts';
import { mockReport } from '../../src/mock/mock-report.ts';
import { startBeating, withoutExecutor } from './beat.ts';
import { cancelledFailure } from './executor-failures.ts';
import type { NodeHost } from './host.ts';
import { judge } from './judge.ts';
import { nodeLeft } from './node-left.ts';
import { compiledSchema } from './compiled-schema.ts';

/**
 * Plays a node on the mock backend (MOCK-01): no process, no files but those that the node asks for in its worktree.
 *
 * @param cwd the executor's directory inside the worktree; undefined for a node without one
 * @throws `node-left` when this host is to stop waiting
 */
export async function runMock(request: NodeRequest, host: NodeHost, cwd: string | undefined): Promise<NodeOutcome> {
  const reply = mockReport(request);
  if (reply.delayMs > 0) await delay(reply.delayMs, host);
  const base = { isText: false, tokens: null, taken: 'mock' as const, events: [] };
  if (host.cancelled.aborted) {
    if (host.cancelReason() === 'leave') throw nodeLeft(host.activityId);
    return { ...base, status: 'failed', value: null, failure: cancelledFailure() };
  }
  if (cwd !== undefined) for (const file of reply.writeFile ?? []) writeInside(cwd, file.path, file.content);
  const { report } = reply;
  const ok = report['ok'] !== false;
  const verdict = judge({ ok, report, changed: true, schema: await compiledSchema(request) });
  const model = reportModel(report);
  return {
    ...base,
    ...verdict,
    ...(!ok || isExecutorReport(report) ? { report } : {}),
    tokens: reportTokens(report),
    outputTokens: reportOutputTokens(report),
    ...(model === undefined ? {} : { model }),
    ...costOf(request),
  };
}

// Without a word of the script nothing is told: the run knows that a mock costs nothing.
function costOf({ mock }: NodeRequest): Pick<NodeOutcome, 'cost'> {
  if (mock?.mockCost === undefined) return {};
  return { cost: mock.mockCost === null ? null : { usd: mock.mockCost, basis: 'measured' } };
}

async function delay(ms: number, host: NodeHost): Promise<void> {
  const stopBeating = startBeating(host, withoutExecutor('running'));
  // An abort ends the wait; the caller looks at the signal.
  await sleep(ms, undefined, { signal: host.cancelled }).catch(() => undefined);
  stopBeating();
}

function writeInside(folder: string, name: string, content: string): void {
  const path = resolve(folder, name);
  if (!path.startsWith(folder + sep)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
