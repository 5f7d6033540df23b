import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clearRun } from '../../activities/run-node/clear-run.ts';
import { finishLeft } from '../../activities/run-node/finish-left.ts';
import { isOdwError, OdwError } from '../../src/errors/error.ts';
import { tryLock } from '../../system/lock-file.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { isServed, lookUpRun } from '../../temporal/run/send-command.ts';
import { resolveRoot } from '../exec/source.ts';
import { readRun } from '../runs/read-run.ts';
import { completeRun } from '../runs/complete.ts';
import type { Told } from './answer.ts';
import { findOpenRun, type OpenRun } from './open-run.ts';

/** Executors get 5 s between SIGTERM and SIGKILL; what isolated ones did is captured after that. */
const stopMs = 30_000;

/**
 * `odw stop` (CTRL-03): asks the host to end the run, and waits for it; a run that nobody hosts is ended from here, its executors and
 * worktrees with it. Finished nodes are kept for a resume.
 *
 * @throws OdwError as {@link findOpenRun}
 */
export async function stopRun(path: string, idOrLatest: string): Promise<Told> {
  const root = resolveRoot(path);
  const run = await findOrWake(root, idOrLatest);
  const served = await isServed(run.client, run.queue);
  const lines = served ? await cancel(run) : await endHere(root, run);
  const { runId } = run;
  const ended = !(await lookUpRun(run.client, runId))?.open;
  const resume = `odw exec --path ${root} --resume ${runId}`;
  return {
    json: { run: runId, state: ended ? 'stopped' : 'stopping', changed: true, resume },
    text: [...lines, ended ? `run ${runId} is stopped; its finished nodes are kept` : `run ${runId} is being stopped`, `Go on with: ${resume}`].join('\n'),
  };
}

// A run that nobody hosts is on a server that may be down with it.
async function findOrWake(root: string, idOrLatest: string): Promise<OpenRun> {
  try {
    return await findOpenRun(root, idOrLatest);
  } catch (error) {
    if (!isOdwError(error) || error.slug !== 'worker-down') throw error;
    await ensureEngine();
    return findOpenRun(root, idOrLatest);
  }
}

async function cancel({ client, runId, dir }: OpenRun): Promise<string[]> {
  await client.workflow.getHandle(runId).cancel();
  for (const deadline = Date.now() + stopMs; Date.now() < deadline; await sleep(100)) {
    if ((await lookUpRun(client, runId))?.open) continue;
    // The host writes the files of the end; a host on another machine has a folder of its own.
    for (const written = Date.now() + 5000; existsSync(dir) && readRun(dir)?.finished_ms === null && Date.now() < written;) await sleep(50);
    break;
  }
  return [];
}

async function endHere(root: string, { client, runId, dir }: OpenRun): Promise<string[]> {
  const terminate = () => client.workflow.getHandle(runId).terminate('stopped with odw stop; nobody hosted the run');
  if (!existsSync(dir)) {
    await terminate();
    return [];
  }
  const lock = tryLock(join(dir, 'host.lock'));
  if (!('release' in lock)) throw new OdwError('run-hosted-elsewhere', `process ${lock.heldBy.pid} has just begun to host run ${runId}`);
  let lines: string[];
  try {
    // What executors finished while nobody looked is paid for: a resume takes it (RES-13).
    await finishLeft(dir);
    await terminate();
    lines = await clearRun({ root, runId, runDir: dir });
  } finally {
    lock.release();
  }
  return [...lines, ...(await completeRun(client, root, { runId, runDir: dir }))];
}
