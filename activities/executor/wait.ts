import type { ChildProcess } from 'node:child_process';
import { watch, type FSWatcher } from 'node:fs';
import { isAlive } from '../../system/process-table.ts';
import { inspectNode, readCode, type RunningStep, type StepStatus } from './inspect.ts';
import { stepFiles } from './node-files.ts';

export interface WaitOptions {
  /** The supervisor, when this process started it: its end wakes the wait. */
  child?: ChildProcess | undefined;
  signal?: AbortSignal | undefined;
  /** `Date.now()` at which to give up; null = never. */
  deadline?: number | null;
  /** The supervisor as its folder told, when another process started it: should the folder be deleted, it is still known. */
  running?: RunningStep | undefined;
  /** Milliseconds between two looks at the processes. Default 2000. */
  livenessMs?: number;
}

/**
 * Looks come twice a second at least. A longer time between two of them is one in which this process stood still, as on a machine that slept, or
 * whose clock was set: no time that an executor had, so its deadline moves by as much.
 */
const stoodStillMs = 10_000;

export type WaitResult = Exclude<StepStatus, 'none' | { running: unknown }> | 'aborted' | 'deadline';

/**
 * Waits until a step ends, is lost, is aborted or reaches the deadline. The end is noticed within 50 ms:
 * by the supervisor's exit, by a watch on the folder, or, where neither works, by looking for the code file every 40 ms.
 */
export async function waitForStep(dir: string, options: WaitOptions = {}): Promise<WaitResult> {
  const { child, running, signal, livenessMs = 2000 } = options;
  let { deadline = null } = options;
  const code = stepFiles(dir).code;
  let wake = () => {};
  const onWake = () => wake();
  const watcher = watchFolder(dir, onWake);
  child?.on('exit', onWake);
  signal?.addEventListener('abort', onWake);
  let lastLook = Date.now();
  let lookedAfterEnd = false;
  let turn = Date.now();
  try {
    for (;;) {
      const passed = Date.now() - turn;
      turn += passed;
      if (deadline !== null && (passed > stoodStillMs || passed < 0)) deadline += passed;
      if (passed < 0) lastLook += passed;
      const finished = readCode(code);
      if (finished) return finished;
      if (signal?.aborted) return 'aborted';
      if (deadline !== null && Date.now() >= deadline) return 'deadline';
      const childEnded = child !== undefined && (child.exitCode !== null || child.signalCode !== null);
      // When the supervisor has just gone without leaving a code: look at once.
      if ((childEnded && !lookedAfterEnd) || Date.now() - lastLook >= livenessMs) {
        lastLook = Date.now();
        lookedAfterEnd = childEnded;
        const status = inspectNode(dir);
        // A supervisor that left without a trace could not even write its pid file, or its folder is gone.
        const without = child ? childEnded : !(running && isAlive(running));
        if (status === 'lost' || (status === 'none' && without)) return 'lost';
        if (typeof status === 'object' && 'finished' in status) return status;
      }
      const pause = watcher.working() ? Math.min(500, livenessMs) : 40;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline === null ? pause : Math.max(1, Math.min(pause, deadline - Date.now())));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (signal?.aborted) wake();
      });
    }
  } finally {
    watcher.close();
    child?.off('exit', onWake);
    signal?.removeEventListener('abort', onWake);
  }
}

// inotify has limits per user: without a watch the wait falls back to polling.
function watchFolder(dir: string, changed: (name: string | null) => void): { working(): boolean; close(): void } {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dir, { persistent: false }, (_event, name) => {
      if (name === null || name === 'code') changed(name);
    });
    watcher.on('error', () => {
      watcher?.close();
      watcher = undefined;
    });
  } catch {
    watcher = undefined;
  }
  return { working: () => watcher !== undefined, close: () => watcher?.close() };
}
