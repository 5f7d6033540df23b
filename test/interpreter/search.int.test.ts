import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, failure, Interpreter, type ScriptRun, type ScriptRunOptions } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

/** Runs a script, waits until the server's index has its end, and gives its search attributes. */
async function attributesOf(source: string, options: ScriptRunOptions = {}): Promise<{ run: ScriptRun; attributes: Record<string, unknown> }> {
  const run = await interpreter.run(source, options);
  const found = () => interpreter.find(`WorkflowId = '${run.runId}' AND ExecutionStatus != 'Running'`);
  await expect.poll(found, { timeout: 60_000, interval: 200 }).toHaveLength(1);
  const [{ attributes } = { attributes: {} }] = await found();
  return { run, attributes };
}

const mixed = (request: { prompt: string }) => (request.prompt === 'bad' ? failure('internal', 'no') : answer(request.prompt, 100));

describe('search attributes of a run', () => {
  it('a run that has ended is found by its phase, nodes, failed nodes and tokens', async () => {
    const { run, attributes } = await attributesOf(
      `phase('Scan'); await parallel(['a', 'b', 'bad'].map((p) => () => agent(p))); phase('Join'); await agent('c'); return 1`,
      { agent: mixed },
    );
    expect(attributes).toMatchObject({ OdwPhase: ['Join'], OdwNodes: [4], OdwFailed: [1], OdwTokens: [300] });
    const query = `OdwPhase = 'Join' AND OdwNodes = 4 AND OdwFailed > 0 AND OdwTokens >= 300`;
    expect((await interpreter.find(query)).map(({ runId }) => runId)).toContain(run.runId);
    expect((await interpreter.find(`${query} AND OdwFailed > 1`)).map(({ runId }) => runId)).not.toContain(run.runId);
  });

  it.each<[string, string, string, object]>([
    ['a run whose script throws', `await agent('a'); throw new Error('no')`, 'failed', { OdwNodes: [1], OdwFailed: [0], OdwTokens: [100] }],
    ['a run that returns ok:false', `await agent('bad'); return { ok: false }`, 'failed', { OdwNodes: [1], OdwFailed: [1], OdwTokens: [0] }],
    ['a run without nodes', 'return 1', 'completed', { OdwNodes: [0], OdwFailed: [0], OdwTokens: [0] }],
  ])('%s has them too', async (_, source, status, expected) => {
    const { run, attributes } = await attributesOf(source, { agent: mixed });
    expect(run.status).toBe(status);
    expect(attributes).toMatchObject(expected);
    expect(attributes).not.toHaveProperty('OdwPhase');
  });

  it('parts of tokens, as an executor may tell them, are rounded there, and fail no run', async () => {
    const { run, attributes } = await attributesOf(`await agent('a'); phase('Half'); await agent('b'); return 1`, {
      agent: ({ prompt }) => answer(prompt, 10.3),
    });
    expect([run.status, run.result]).toEqual(['completed', 1]);
    expect(attributes).toMatchObject({ OdwTokens: [21], OdwNodes: [2] });
  });

  it('a phase can be searched for while the run is in it', async () => {
    let leave = () => {};
    const left = new Promise<void>((resolve) => (leave = resolve));
    const name = `Review ${Date.now()}`;
    const running = interpreter.run(`await agent('a'); phase(${JSON.stringify(name)}); await agent('b'); return 1`, {
      agent: async ({ prompt }) => {
        if (prompt === 'b') await left;
        return answer(prompt, 7);
      },
    });
    try {
      const found = () => interpreter.find(`OdwPhase = '${name}' AND ExecutionStatus = 'Running'`);
      await expect.poll(found, { timeout: 60_000, interval: 200 }).toMatchObject([{ attributes: { OdwNodes: [1], OdwTokens: [7] } }]);
    } finally {
      leave();
    }
    expect((await running).status).toBe('completed');
  });

  it('a script that enters phases without end tells of thirty and of the last, cut to what an index holds', async () => {
    const { run, attributes } = await attributesOf(
      `for (let i = 0; i < 100; i++) { phase('p' + i); await agent('a'); } phase('x'.repeat(400)); await agent('a'); return 1`,
    );
    expect(run.status).toBe('completed');
    expect(attributes).toMatchObject({ OdwPhase: ['x'.repeat(200)], OdwNodes: [101] });
    expect(await interpreter.upserts(run.runId)).toBeLessThan(35);
  });
});
