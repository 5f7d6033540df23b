import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOdwError } from '../../src/errors/error.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine, type EngineConnection } from '../../temporal/connect.ts';
import { ensureEngine, type Engine } from '../../temporal/engine/index.ts';
import { makeServerHome, type TestHome } from '../engine/support/home.ts';

let home: TestHome;
let engine: Engine;
let bundle: WorkflowBundle & { code: string };
let connected: EngineConnection;
beforeAll(async () => {
  home = await makeServerHome({ ODW_MAX_PAYLOAD: '3000000' });
  engine = await ensureEngine({ env: home.env });
  bundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('./support/workflow.ts', import.meta.url)), logger: quiet });
  connected = await connectEngine(engine, blobDataConverter(home.env), { log: () => {} });
}, 60_000);
afterAll(() => connected.connection.close());

const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

const activities = {
  answer: async (size: number) => 'ü'.repeat(size / 2),
  measure: async (text: string) => text.length,
};

async function run(id: string, text: string, size: number) {
  const worker = await Worker.create({
    ...{ connection: connected.connection, namespace: engine.namespace, taskQueue: id, workflowBundle: bundle, activities },
    ...{ dataConverter: blobDataConverter(home.env), reuseV8Context: false },
  });
  return worker.runUntil(() => connected.client.workflow.execute('carry', { workflowId: id, taskQueue: id, args: [text, size] }));
}

const blobs = () =>
  readdirSync(join(home.env['ODW_HOME'] ?? '', 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) => /^[0-9a-f]{64}$/.test(entry.name));

const replay = async (id: string) => {
  const history = await connected.client.workflow.getHandle(id).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter: blobDataConverter(home.env) }, history, id);
};

describe('PROC-07 large values of a real workflow', () => {
  it('go through the blob store in every direction; history holds references only', async () => {
    const result = await run('large', 'z'.repeat(1_000_000), 400_000);
    expect([result.input, result.measured]).toEqual([1_000_000, 200_000]);
    expect(result.answer).toBe('ü'.repeat(200_000));
    const { historySize } = await connected.client.workflow.getHandle('large').describe();
    expect(historySize).toBeLessThan(20_000);
    // Input, answer (result of one activity and argument of the next: one content), and the workflow's result.
    expect(blobs()).toHaveLength(3);
    for (const entry of blobs()) expect(statSync(join(entry.parentPath, entry.name)).size).toBeGreaterThan(32 * 1024);
  });

  it('are found again by a replay', async () => {
    await replay('large');
  });

  it('small values stay readable in history', async () => {
    const before = blobs().length;
    await run('small', 'plain text', 20_000);
    expect(blobs()).toHaveLength(before);
    const history = await connected.client.workflow.getHandle('small').fetchHistory();
    const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(Buffer.from(input ?? []).toString()).toBe('"plain text"');
  });

  it('over the maximum are refused by name before anything is started', async () => {
    const start = connected.client.workflow.start('carry', { workflowId: 'huge', taskQueue: 'huge', args: ['z'.repeat(3_000_001), 2] });
    const error = await start.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    const chain: unknown[] = [];
    for (let one = error; one instanceof Error; one = one.cause) chain.push(one);
    expect(chain.some((one) => isOdwError(one) && one.slug === 'payload-too-large')).toBe(true);
    await expect(connected.client.workflow.getHandle('huge').describe()).rejects.toThrow();
  });

  it('as an answer over the maximum fail that activity, with the reason, and do not stall the run', async () => {
    const error = await run('big-answer', 'x', 6_000_000).catch((failure: unknown) => failure);
    const messages: string[] = [];
    for (let one: unknown = error; one instanceof Error; one = one.cause) messages.push(one.message);
    expect(messages.join(' | ')).toContain('more than the maximum of 3000000 (ODW_MAX_PAYLOAD)');
  });

  it('that were lost are named by the client that asks for them', async () => {
    await run('lost', 'q'.repeat(50_000), 100_000);
    rmSync(join(home.env['ODW_HOME'] ?? '', 'blobs'), { recursive: true });
    const error = await connected.client.workflow
      .getHandle('lost')
      .result()
      .catch((failure: unknown) => failure);
    const chain: unknown[] = [];
    for (let one = error; one instanceof Error; one = one.cause) chain.push(one);
    expect(chain.some((one) => isOdwError(one) && one.slug === 'blob-missing')).toBe(true);
    await expect(replay('lost')).rejects.toThrow();
  });
});
