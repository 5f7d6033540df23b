import type { Json } from '../../schemas/json.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import { cutCodePoints } from '../text.ts';
import { cannedResult } from './canned.ts';

/** What the mock backend answers. The caller waits, writes the files into the worktree and reads the report like an executor's. */
export interface MockReply {
  report: Record<string, Json>;
  /** Files to write, relative to the executor's directory. Only for isolated nodes (MOCK-06). */
  writeFile?: { path: string; content: string }[];
  /** Milliseconds before the reply. */
  delayMs: number;
}

/** Plays the executor without a process, network or tokens of its own (MOCK-01 to MOCK-07). Pure: the same request gives the same reply. */
export function mockReport(request: NodeRequest): MockReply {
  const mock = request.mock ?? {};
  const report = isRefused(request)
    ? refusedReport(request)
    : tookTooManyTurns(request)
      ? turnsReport(request)
      : mock.mockFail
        ? failedReport(request)
        : successReport(request);
  if (mock.mockResolvedModel) report['summary'] = { ...objectOf(report['summary']), model: mock.mockResolvedModel };
  if (mock.mockTokens !== undefined && mock.mockTokens > 0) {
    report['codex'] = { ...objectOf(report['codex']), usage: { tokenUsage: { total: { totalTokens: mock.mockTokens } } } };
  }
  const delay = mock.mockDelayMs;
  const reply: MockReply = { report, delayMs: delay !== undefined && delay > 0 ? delay : 0 };
  if (mock.mockWriteFile && request.worktree) {
    reply.writeFile = [
      { path: mock.mockWriteFile, content: `mock change by ${request.label}` },
      { path: '.pandacode/scratch.txt', content: 'mock executor scratch' },
    ];
  }
  return reply;
}

function successReport(request: NodeRequest): Record<string, Json> {
  const value = request.mock?.mockValue;
  if (request.schema && value !== undefined) return { ok: true, backend: 'mock', structured_output: value };
  const canned = request.schema && cannedResult(request.schema.name, request);
  if (canned) return { ok: true, backend: 'mock', structured_output: canned };
  const text = request.mock?.mockAgentText;
  if (text !== undefined && !request.schema) {
    return { ok: true, backend: 'pandacode', runtime: request.runtime, action: action(request, 'execute'), state: 'completed', last_agent_message: text };
  }
  return {
    ok: true,
    action: action(request, 'mock'),
    backend: 'mock',
    ...(request.agentType === undefined ? {} : { agentType: request.agentType }),
    label: request.label,
    phase: request.phase,
    prompt_preview: cutCodePoints(request.prompt, 240),
  };
}

function failedReport(request: NodeRequest): Record<string, Json> {
  return {
    ok: false,
    backend: 'mock',
    runtime: request.runtime,
    action: action(request, 'mock'),
    state: 'failed',
    error: { category: 'mock_failed', message: 'mock forced failure', retryable: Boolean(request.mock?.mockRetryable) },
  };
}

// As many dispatches of an attempt as asked for; the request tells how many came before.
function isRefused({ mock, held = 0 }: NodeRequest): boolean {
  return mock?.mockRefusal !== undefined && held < (mock.mockRefusal.times ?? 1);
}

function refusedReport(request: NodeRequest): Record<string, Json> {
  const { category = 'quota', resetMs, message = 'mock refusal' } = request.mock?.mockRefusal ?? {};
  const wait = resetMs === undefined ? {} : { retry_after_ms: resetMs };
  const retryable = category !== 'quota' && category !== 'auth';
  return { ok: false, backend: 'mock', runtime: request.runtime, state: 'failed', error: { category, message, retryable, ...wait } };
}

function tookTooManyTurns({ mock, maxTurns }: NodeRequest): boolean {
  return maxTurns !== undefined && (mock?.mockTurns ?? 0) > maxTurns;
}

function turnsReport(request: NodeRequest): Record<string, Json> {
  const message = `the mock wanted to take more than ${request.maxTurns} turns`;
  return { ok: false, backend: 'mock', runtime: request.runtime, state: 'blocked', error: { category: 'max_turns', message, retryable: false } };
}

function action(request: NodeRequest, otherwise: string): string {
  return request.mock?.action || otherwise;
}

function objectOf(value: Json | undefined): Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
