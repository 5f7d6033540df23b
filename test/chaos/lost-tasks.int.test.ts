import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { identify } from '../../system/process-table.ts';
import { connectEngine, type EngineConnection } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { workerIdentity } from '../../temporal/worker/identity.ts';
import type { TasksInHand } from '../../temporal/worker/in-hand.ts';
import { lostTasks } from '../../temporal/worker/lost-tasks.ts';

let engine: EngineConnection;
beforeAll(async () => {
  engine = await connectEngine(await ensureEngine());
});
afterAll(() => engine.connection.close());

const scheduled = 1;
const started = 2;
const namespace = 'default';

/** A workflow whose tasks this test takes itself, as a worker does, so that it can lose them. */
async function openRun() {
  const { client } = engine;
  const queue = `lost-${randomUUID()}`;
  const handle: WorkflowHandle = await client.workflow.start('lost', { workflowId: queue, taskQueue: queue });
  const taskQueue = { name: queue };
  const identity = workerIdentity();
  const raw = async () => (await handle.describe()).raw;
  return {
    handle,
    /** The server hands a task out to this process, and it never gets there. */
    loseTask: async () => (await client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity })).taskToken,
    loseNode: () => client.workflowService.pollActivityTaskQueue({ namespace, taskQueue, identity }),
    startNode: (taskToken: Uint8Array) =>
      client.workflowService.respondWorkflowTaskCompleted({
        namespace,
        taskToken,
        identity,
        commands: [
          {
            commandType: 1, // COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK
            scheduleActivityTaskCommandAttributes: {
              ...{ activityId: 'node', activityType: { name: 'agent' }, taskQueue, startToCloseTimeout: msToTs('1h') },
              ...{ heartbeatTimeout: msToTs('60s'), retryPolicy: { initialInterval: msToTs(1) } },
            },
          },
        ],
      }),
    failTask: (taskToken: Uint8Array) => client.workflowService.respondWorkflowTaskFailed({ namespace, taskToken, cause: 14, identity }),
    task: async () => (await raw()).pendingWorkflowTask,
    node: async () => (await raw()).pendingActivities?.[0],
  };
}

/** What a worker sees of itself, and a clock that the test sets. */
function worker(hand: { nodes?: string[]; playing?: boolean }, alone = true) {
  let nowMs = 0;
  const own: TasksInHand = { hasNode: (_run, id) => hand.nodes?.includes(id) ?? false, isPlaying: () => hand.playing ?? false };
  const tasks = lostTasks(engine.client, own, alone, () => nowMs);
  return {
    serverWasAway: tasks.serverWasAway,
    async lookFor(handle: WorkflowHandle, seconds: number): Promise<void> {
      for (const end = nowMs + seconds * 1000; nowMs <= end; nowMs += 500) await tasks.look(await handle.describe());
    },
  };
}

describe('RES-13 nodes that the server handed out and that did not arrive', () => {
  it('are handed out again within seconds', async () => {
    const run = await openRun();
    await run.startNode(await run.loseTask());
    await run.loseNode();
    const { lookFor } = worker({});
    await lookFor(run.handle, 2);
    expect(await run.node()).toMatchObject({ state: started, attempt: 1 });
    await lookFor(run.handle, 1);
    expect(await run.node()).toMatchObject({ attempt: 2, lastFailure: { message: expect.stringContaining('did not arrive') as string } });
    await run.loseNode();
    await lookFor(run.handle, 4);
    expect(await run.node()).toMatchObject({ attempt: 3 });
    await run.handle.terminate();
  });

  it('are left alone when this worker runs them, or when another one of this machine does', async () => {
    const run = await openRun();
    await run.startNode(await run.loseTask());
    await run.loseNode();
    await worker({ nodes: ['node'] }).lookFor(run.handle, 10);
    expect(await run.node()).toMatchObject({ state: started, attempt: 1 });
    await run.handle.terminate();

    const others = await openRun();
    await others.startNode(await others.loseTask());
    const parent = workerIdentity().replace(/:\d+:[^:]*$/, `:${process.ppid}:${identify(process.ppid)?.start}`);
    await engine.client.workflowService.pollActivityTaskQueue({ namespace, taskQueue: { name: others.handle.workflowId }, identity: parent });
    await worker({}).lookFor(others.handle, 10);
    expect(await others.node()).toMatchObject({ state: started, attempt: 1 });
    await others.handle.terminate();
  });

  it('are handed out again when a dead process of this machine got them after it was looked for, a process whose id another one has now', async () => {
    const run = await openRun();
    await run.startNode(await run.loseTask());
    const dead = workerIdentity().replace(/:[^:]*$/, ':1');
    await engine.client.workflowService.pollActivityTaskQueue({ namespace, taskQueue: { name: run.handle.workflowId }, identity: dead });
    await worker({}).lookFor(run.handle, 3);
    expect(await run.node()).toMatchObject({ attempt: 2 });
    await run.handle.terminate();
  });
});

describe('RES-13 a workflow task that was lost with the server', () => {
  it('is handed out again', async () => {
    const run = await openRun();
    await run.loseTask();
    const { lookFor, serverWasAway } = worker({});
    serverWasAway();
    await lookFor(run.handle, 2);
    expect(await run.task()).toMatchObject({ state: started });
    await lookFor(run.handle, 1);
    expect(await run.task()).toMatchObject({ state: scheduled, attempt: 1 });
    await run.handle.terminate();
  });

  it('is handed out again when it was a further attempt, of which history does not tell; on a queue of several workers it may be in other hands', async () => {
    const run = await openRun();
    await run.failTask(await run.loseTask());
    await run.loseTask();
    expect(await run.task()).toMatchObject({ state: started, attempt: 2 });
    const shared = worker({}, false);
    shared.serverWasAway();
    await shared.lookFor(run.handle, 5);
    expect(await run.task()).toMatchObject({ state: started, attempt: 2 });
    const alone = worker({});
    alone.serverWasAway();
    await alone.lookFor(run.handle, 3);
    expect(await run.task()).toMatchObject({ state: scheduled, attempt: 1 });
    await run.handle.terminate();
  });

  it('is handed out again when the worker still had it as the server came back, and its answer got lost', async () => {
    const run = await openRun();
    await run.loseTask();
    const hand = { playing: true };
    const { lookFor, serverWasAway } = worker(hand);
    serverWasAway();
    await lookFor(run.handle, 5);
    expect(await run.task()).toMatchObject({ state: started });
    hand.playing = false;
    await lookFor(run.handle, 3);
    expect(await run.task()).toMatchObject({ state: scheduled });
    await run.handle.terminate();
  });

  it('is left alone while the worker plays, and when the server was never away', async () => {
    const run = await openRun();
    await run.loseTask();
    const playing = worker({ playing: true });
    playing.serverWasAway();
    await playing.lookFor(run.handle, 5);
    await worker({}).lookFor(run.handle, 5);
    expect(await run.task()).toMatchObject({ state: started });
    await run.handle.terminate();
  });
});
