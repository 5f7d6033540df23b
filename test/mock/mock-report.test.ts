import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/json.ts';
import { nodeRequest, type NodeRequest } from '../../schemas/node.ts';
import { cannedResult } from '../../src/mock/canned.ts';
import { mockReport } from '../../src/mock/mock-report.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { findStructured } from '../../src/schema/find.ts';

function request(more: Partial<NodeRequest> = {}): NodeRequest {
  const base: NodeRequest = {
    runId: 'run-1',
    root: '/project',
    runDir: '/project/.odw/runs/run-1',
    key: 'agent:abc',
    index: 1,
    label: 'writer',
    phase: 'Draft',
    attempt: 1,
    maxAttempts: 1,
    backend: 'mock',
    runtime: 'codex',
    effort: 'low',
    timeoutMs: null,
    session: 's',
    prompt: 'Write it.',
    autoAnswer: true,
  };
  return nodeRequest.parse({ ...base, ...more });
}

const worktree = { dir: '/trees/1', base: 'head', refName: 'refs/odw/run-1/writer' } as const;

describe('mockReport', () => {
  it('MOCK-01 the default result is a plain object with a cut preview', () => {
    expect(mockReport(request({ agentType: 'codex-writer', prompt: '😀'.repeat(300) }))).toEqual({
      report: { ok: true, action: 'mock', backend: 'mock', agentType: 'codex-writer', label: 'writer', phase: 'Draft', prompt_preview: '😀'.repeat(240) },
      delayMs: 0,
    });
    expect(mockReport(request({ mock: { action: 'execute' } })).report['action']).toBe('execute');
    expect(mockReport(request({ runtime: 'bamboo', provider: 'deepseek' })).report).toMatchObject({ ok: true, backend: 'mock' });
  });

  it('MOCK-02 mockAgentText gives an executor report, on nodes without a schema', () => {
    expect(mockReport(request({ mock: { mockAgentText: 'hello' } })).report).toMatchObject({
      ok: true,
      backend: 'pandacode',
      runtime: 'codex',
      last_agent_message: 'hello',
    });
    const schema = { name: 'any', json: {} };
    expect(mockReport(request({ schema, mock: { mockAgentText: '{"a":1}' } })).report).toMatchObject({ backend: 'mock', label: 'writer' });
  });

  it('MOCK-08 mockValue is what a node with a schema answers, before any canned value; without a schema it has no effect', () => {
    const schema = { name: 'research.schema.json', json: {} };
    for (const mockValue of [{ a: 1 }, [1, 2], 'text', 0, false]) {
      expect(mockReport(request({ schema, mock: { mockValue } })).report).toEqual({ ok: true, backend: 'mock', structured_output: mockValue });
    }
    expect(mockReport(request({ mock: { mockValue: { a: 1 } } })).report).toMatchObject({ prompt_preview: 'Write it.' });
    expect(mockReport(request({ schema, mock: { mockValue: 1, mockFail: true } })).report).toMatchObject({ ok: false });
  });

  it('MOCK-03 mockTokens adds usage, on failures too, and only when positive', () => {
    const usage = { usage: { tokenUsage: { total: { totalTokens: 12 } } } };
    expect(mockReport(request({ mock: { mockTokens: 12 } })).report['codex']).toEqual(usage);
    expect(mockReport(request({ mock: { mockTokens: 12, mockFail: true } })).report['codex']).toEqual(usage);
    expect(mockReport(request({ mock: { mockTokens: 12, mockAgentText: 't' } })).report['codex']).toEqual(usage);
    for (const mockTokens of [0, -1]) expect(mockReport(request({ mock: { mockTokens } })).report['codex']).toBeUndefined();
  });

  it('MOCK-04 mockFail is a failed report; mockRetryable makes it retryable', () => {
    const report = mockReport(request({ mock: { mockFail: true } })).report;
    expect(report).toMatchObject({ ok: false, state: 'failed', error: { category: 'mock_failed', message: 'mock forced failure', retryable: false } });
    expect(mockReport(request({ mock: { mockFail: true, mockRetryable: true } })).report).toMatchObject({ error: { retryable: true } });
    const schema = { name: 'research.schema.json', json: {} };
    expect(mockReport(request({ schema, mock: { mockFail: true } })).report).not.toHaveProperty('structured_output');
  });

  it('MOCK-05 mockResolvedModel is the model of the summary', () => {
    expect(mockReport(request({ mock: { mockResolvedModel: 'gpt-x' } })).report['summary']).toEqual({ model: 'gpt-x' });
    expect(mockReport(request({ mock: { mockResolvedModel: 'gpt-x', mockAgentText: 't' } })).report['summary']).toEqual({ model: 'gpt-x' });
  });

  it('MOCK-06 mockWriteFile names the files to write, on worktree nodes only', () => {
    const { writeFile } = mockReport(request({ worktree, mock: { mockWriteFile: 'src/new.txt' } }));
    expect(writeFile).toEqual([
      { path: 'src/new.txt', content: 'mock change by writer' },
      { path: '.pandacode/scratch.txt', content: expect.any(String) as string },
    ]);
    expect(mockReport(request({ mock: { mockWriteFile: 'src/new.txt' } })).writeFile).toBeUndefined();
    expect(mockReport(request({ worktree })).writeFile).toBeUndefined();
  });

  it('LIMIT-01 mockTurns beyond maxTurns are a failure max_turns', () => {
    const turns = (mockTurns: number, maxTurns?: number) =>
      mockReport(request({ mock: { mockTurns }, ...(maxTurns === undefined ? {} : { maxTurns }) })).report;
    expect(turns(4, 3)).toMatchObject({ ok: false, state: 'blocked', error: { category: 'max_turns', retryable: false } });
    expect([turns(3, 3)['ok'], turns(99)['ok']]).toEqual([true, true]);
  });

  it('mockDelayMs is how long it takes, never negative', () => {
    expect(mockReport(request({ mock: { mockDelayMs: 25 } })).delayMs).toBe(25);
    expect(mockReport(request({ mock: { mockDelayMs: -25 } })).delayMs).toBe(0);
  });

  it('gives the same reply each time, never a shared object', () => {
    const one = mockReport(request({ schema: { name: 'research.schema.json', json: {} } }));
    const two = mockReport(request({ schema: { name: 'research.schema.json', json: {} } }));
    expect(one).toEqual(two);
    expect(one.report['structured_output']).not.toBe(two.report['structured_output']);
  });
});

describe('MOCK-07 canned results', () => {
  const origin = { phase: 'Draft', label: 'writer', attempt: 1 };
  const expected: Record<string, Json> = {
    research: { summary: expect.any(String), files: expect.any(Array), batches: [expect.any(Object)], evidence: expect.any(Array) },
    'security-finding': { findings: [], clean_files: expect.any(Array), uncertain: [] },
    'codex-plan': { status: 'planned', plan: expect.any(Array), constraints: [], verification: expect.any(Array) },
    'task-plan': { tasks: [{ id: 'task-a' }, { id: 'task-b' }, { id: 'task-c' }], join: expect.any(Object), quality: expect.any(Object) },
    'codex-result': {
      run_id: 'mock-run',
      status: 'completed',
      changed_files: [],
      verification: expect.any(Array),
      risks: [],
      adapter: { backend: 'pandacode' },
      error: null,
    },
    'test-result': { commands: expect.any(Array), verdict: 'passed' },
    verifier: { accepted: [], rejected: [], needs_more_evidence: [] },
    'task-join': { status: 'joined', items: expect.any(Array), failed: [], review_targets: [expect.any(String), expect.any(String), expect.any(String)] },
    'quality-gate': { verdict: 'pass', score: 1, accepted: expect.any(Array), issues: [], rework_tasks: [], next_action: 'synthesize' },
    synthesis: { summary: expect.any(String), details: expect.any(Array), risks: [], next_actions: [] },
    'error-feedback': { ok: false, origin: { phase: 'Draft', agent: 'writer' }, error: expect.any(Object), feedback: expect.any(Object) },
  };

  for (const [name, result] of Object.entries(expected)) {
    it(name, () => {
      for (const schemaName of [`schemas/${name}.schema.json`, `${name}.schema.json`, `my-${name}.schema.json`])
        expect(cannedResult(schemaName, origin)).toMatchObject(result as object);
      expect(cannedResult(name, origin)).toBeUndefined();
      expect(cannedResult(`${name}.schema.json.bak`, origin)).toBeUndefined();
    });
  }

  /** What a caller finds in the mock's report. */
  function find(name: string, json: Json, mock: NodeRequest['mock'] = {}) {
    const compiled = compileSchema(json);
    if (!compiled.ok) throw new Error(compiled.message);
    return findStructured(mockReport(request({ schema: { name, json }, mock })).report, compiled.validate);
  }

  it('are found by the search for a structured reply, with tokens beside them', () => {
    const json = {
      type: 'object',
      required: ['verdict', 'commands'],
      additionalProperties: false,
      properties: { verdict: { const: 'passed' }, commands: { type: 'array' } },
    };
    expect(find('test-result.schema.json', json, { mockTokens: 5 })).toMatchObject({ found: true, value: { verdict: 'passed' } });
  });

  it('that do not fit the schema are a mismatch', () => {
    expect(find('verifier.schema.json', { type: 'object', required: ['other'] })).toMatchObject({ found: false, issues: ['$.other is required'] });
  });

  it('error-feedback is a structured failure (SCH-13)', () => {
    expect(find('error-feedback.schema.json', { type: 'object' })).toMatchObject({ feedback: { ok: false, origin: { agent: 'writer', phase: 'Draft' } } });
  });

  it('for any other schema the default object is validated', () => {
    expect(find('report.json', { type: 'object', required: ['title'] })).toMatchObject({ found: false, issues: ['$.title is required'] });
    for (const json of [{}, { type: 'object' }, { type: 'object', properties: { title: { type: 'string' } } }]) {
      expect(find('report.json', json, { mockTokens: 3 })).toMatchObject({ found: true, value: { ok: true, backend: 'mock', label: 'writer' } });
    }
  });
});
