import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { msToTs } from '@temporalio/common/lib/time.js';
import { connectEngine, type EngineConnection } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { workerIdentity } from '../../temporal/worker/identity.ts';
import { rescueRun } from '../../temporal/worker/rescue.ts';

let engine: EngineConnection;
beforeAll(async () => {
  engine = await connectEngine(await ensureEngine());
});
afterAll(() => engine.connection.close());

const namespace = 'default';
const dead = workerIdentity().replace(/:[^:]*$/, ':1');

/** A run of which a task waits in the own queue of a worker that is dead. */
async function waitingRun() {
  const { client } = engine;
  const name = `waits-${randomUUID()}`;
  const own = { name: `${dead}-${randomUUID().replaceAll('-', '')}`, kind: 2, normalName: name };
  const handle = await client.workflow.start('waits', { workflowId: name, taskQueue: name });
  const poll = (taskQueue: object) =>
    client.withDeadline(Date.now() + 20_000, () => client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: dead }));
  const { taskToken } = await poll({ name });
  // A worker's own queue takes tasks only of a worker that has asked it for some.
  const polled = poll(own);
  await client.workflowService.respondWorkflowTaskCompleted({
    ...{ namespace, taskToken, identity: dead, commands: [] },
    stickyAttributes: { workerTaskQueue: own, scheduleToStartTimeout: msToTs('10s') },
  });
  await handle.signal('first');
  await client.workflowService.respondWorkflowTaskCompleted({
    ...{ namespace, taskToken: (await polled).taskToken, identity: dead, commands: [] },
    stickyAttributes: { workerTaskQueue: own, scheduleToStartTimeout: msToTs('10s') },
  });
  return { name, handle, own, poll };
}

describe('RES-13 a task that waits in the queue of a dead worker', () => {
  it('comes at once to the next host', async () => {
    const { name, handle, poll } = await waitingRun();
    await handle.signal('second');
    const begun = Date.now();
    await rescueRun(engine.client, name, 'alone');
    expect((await poll({ name })).taskToken?.length).toBeGreaterThan(0);
    expect(Date.now() - begun).toBeLessThan(8000);
    await handle.terminate();
  });

  it('holds up no rescue when that worker gave it up as it shut down', async () => {
    const { name, handle, own, poll } = await waitingRun();
    await engine.client.workflowService.shutdownWorker({ namespace, stickyTaskQueue: own.name, identity: dead, reason: 'leaves' });
    await handle.signal('second');
    const begun = Date.now();
    await rescueRun(engine.client, name, 'alone');
    expect((await poll({ name })).taskToken?.length).toBeGreaterThan(0);
    // The server answers after four seconds that it has no such task.
    expect(Date.now() - begun).toBeLessThan(3500);
    await handle.terminate();
  });
});
