import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileOnce } from '../../system/files.ts';
import { endStep } from '../executor/end-step.ts';
import { inspectNode } from '../executor/inspect.ts';
import { nodeFilesIn, stepFiles } from '../executor/node-files.ts';
import { DEFAULT_TIMINGS } from './host.ts';
import { readSteps, stepDir } from './steps.ts';
import { debugPoint } from '../../system/debug-point.ts';

export interface EndExecutorsOptions {
  /**
   * True: the run was interrupted, and its next host goes on with these nodes in the executors' own sessions (EXEC-13); a host that
   * waits for one leaves its node open. False: the run is over.
   */
  resumable: boolean;
  /** Milliseconds that executors get to finish by themselves before the first signal. Default 0. A result of that time is taken by the next host. */
  finishMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  killGraceMs?: number;
}

/**
 * Ends every live executor of a run, all at once, whoever started them; for a host that goes away, and for a run without one.
 *
 * @returns how many had to be ended
 */
export async function endExecutors(runDir: string, options: EndExecutorsOptions): Promise<number> {
  const { resumable, finishMs = 0, killGraceMs = DEFAULT_TIMINGS.killGraceMs } = options;
  const deadline = Date.now() + finishMs;
  let alive = liveSteps(runDir);
  while (alive.length > 0 && Date.now() < deadline) {
    await sleep(Math.min(100, deadline - Date.now()));
    alive = liveSteps(runDir);
  }
  await Promise.all(
    alive.map(async (dir) => {
      if (resumable) {
        writeFileOnce(stepFiles(dir).interrupted, `${new Date().toISOString()}\n`);
        debugPoint('after-leave-mark');
      }
      await endStep(dir, killGraceMs);
    }),
  );
  return alive.length;
}

/** Folders of the steps of a run whose executors live. */
export function liveSteps(runDir: string): string[] {
  const folder = join(runDir, 'nodes');
  return (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const files = nodeFilesIn(join(folder, name));
    const step = existsSync(files.outcome) ? undefined : readSteps(files.dir).at(-1);
    const dir = step && stepDir(files.dir, step.number);
    const status = dir && inspectNode(dir);
    return dir && typeof status === 'object' && 'running' in status ? [dir] : [];
  });
}
