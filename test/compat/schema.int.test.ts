import { afterAll, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

const project = new CompatProject();
afterAll(() => project.remove());

describe('schemas', () => {
  it('COMPAT-05 passes, mismatches, cannot be loaded, and canned results, each with its events', async () => {
    const strict = { type: 'object', required: ['answer'], properties: { answer: { type: 'string' } } };
    const run = await project.runScript(
      `const passed = await agent('a', { schema: { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } } });
       const mismatch = await agent('b', { id: 'b', schema: ${JSON.stringify(strict)}, maxAttempts: 2 });
       const unloadable = await agent('c', { id: 'c', schema: 'nowhere.schema.json', maxAttempts: 3 });
       const canned = await agent('d', { schema: { title: 'codex-result.schema.json', type: 'object',
         required: ['run_id', 'status', 'changed_files', 'verification', 'risks', 'adapter', 'error'],
         properties: { run_id: { const: 'mock-run' }, status: { const: 'completed' }, adapter: { type: 'object', properties: { backend: { const: 'pandacode' } } }, error: { type: 'null' } } } });
       return { passed: passed.ok, mismatch, unloadable, canned: canned.run_id }`,
    );
    expect(run.code).toBe(0);
    const { passed, mismatch, unloadable, canned } = run.state['result'];
    expect([passed, canned]).toEqual([true, 'mock-run']);

    const invalid = run.of('agent_schema_invalid');
    expect(invalid.map(({ key, attempt, retryable }) => [key, attempt, retryable])).toEqual([
      ['b', 1, true],
      ['b', 2, false],
    ]);
    expect(run.of('agent_retry')).toEqual([expect.objectContaining({ key: 'b', reason: 'schema_mismatch', nextAttempt: 2 })]);
    expect(mismatch).toMatchObject({ ok: false, error: { category: 'schema_mismatch', issues: ['$.answer is required'] } });

    expect(unloadable).toMatchObject({ ok: false, error: { category: 'schema_load_error', retryable: false } });
    expect(run.of('agent_start').filter(({ key }) => key === 'c')).toHaveLength(0);
    expect(run.of('agent_done').filter(({ key }) => key === 'c')).toEqual([expect.objectContaining({ ok: false })]);
    expect(Object.keys(run.state['failedAgents']).sort()).toEqual(['b', 'c']);
  });
});
