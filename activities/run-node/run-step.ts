import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import { rememberDescendants } from '../executor/descendants.ts';
import { inspectNode, type RunningStep } from '../executor/inspect.ts';
import { stepFiles, type NodeFiles } from '../executor/node-files.ts';
import { notStartedCode, supervise } from '../executor/supervise.ts';
import { waitForStep, type WaitResult } from '../executor/wait.ts';
import { identify } from '../../system/process-table.ts';
import { harmless, startBeating } from './beat.ts';
import { EvidenceReader } from './evidence.ts';
import type { NodeHost, NodeTimings } from './host.ts';
import { startOfStep, stepDir, type Step } from './steps.ts';
import { debugPoint } from '../../system/debug-point.ts';

/** How a step ended, and how this host came to it. */
export interface StepEnd {
  result: WaitResult;
  reached: 'started' | 'adopted' | 'finished';
  /** True when this host waited for it; false when it had ended before. */
  watched: boolean;
  /** Its supervisor, when it may still live: its folder may be deleted. */
  supervisor?: RunningStep | undefined;
}

/**
 * Starts a planned step, or takes up one that another host started, and waits for its end.
 *
 * @param fresh true when this host planned it just now, so that no other supervisor is to be expected
 * @param context `deadlineOf` gives `Date.now()` at which the step is over, from its start; null = never
 * @throws the system's error when the supervisor cannot be started, or cannot write its files
 */
export async function runStep(
  step: Step,
  fresh: boolean,
  context: { files: NodeFiles; host: NodeHost; timings: NodeTimings; deadlineOf: (startedMs: number) => number | null },
): Promise<StepEnd> {
  const { files, host, timings, deadlineOf } = context;
  const dir = stepDir(files.dir, step.number);
  let status = inspectNode(dir);
  if (status === 'none' && !fresh) {
    // Another host may have started the supervisor a moment ago; after that the supervisor's own lock decides.
    await sleep(timings.settleMs);
    status = inspectNode(dir);
  }
  if (status === 'lost') return { result: 'lost', reached: 'adopted', watched: false };
  if (typeof status === 'object' && 'finished' in status) return { result: status, reached: 'finished', watched: false };
  if ((host.cancelled.aborted || host.leaving?.aborted) && status === 'none') return { result: 'aborted', reached: 'started', watched: false };
  let child: ChildProcess | undefined;
  if (status === 'none') {
    mkdirSync(dir, { recursive: true });
    debugPoint('after-step-file');
    child = await supervise(dir, step.argv, { cwd: step.cwd, env: host.executor.env });
    debugPoint('after-executor-start');
  }
  const adopted = typeof status === 'object' ? status.running : undefined;
  const stop = watchProgress(step, dir, context);
  try {
    const deadline = deadlineOf(startOfStep(files.dir, step) ?? Date.now());
    const result = await waitForStep(dir, { child, running: adopted, signal: host.cancelled, deadline, livenessMs: timings.livenessMs });
    debugPoint('after-executor-end');
    if (result === 'lost' && child?.exitCode === notStartedCode) tryToWrite(dir);
    const supervisor = child && (result === 'aborted' || result === 'deadline') ? runningOf(child) : adopted;
    return { result, reached: child ? 'started' : 'adopted', watched: true, supervisor };
  } finally {
    stop();
  }
}

function runningOf({ pid }: ChildProcess): RunningStep | undefined {
  const identity = pid === undefined ? undefined : identify(pid);
  return identity && { ...identity, group: identity.pid };
}

// Nothing ran: when that is since the disk is full, the error says so, and the node waits for room.
function tryToWrite(dir: string): void {
  const path = join(dir, 'room');
  try {
    writeFileSync(path, 'x');
  } finally {
    rmSync(path, { force: true });
  }
}

function watchProgress(step: Step, dir: string, { files, host, timings }: { files: NodeFiles; host: NodeHost; timings: NodeTimings }): () => void {
  const evidence = new EvidenceReader(files, stepFiles(dir), timings.stallAfterMs);
  let pid: number | undefined;
  const look = harmless(() => {
    const status = inspectNode(dir);
    if (typeof status !== 'object' || !('running' in status)) return;
    pid = status.running.pid;
    rememberDescendants(dir, status.running);
  });
  const stopBeating = startBeating(host, () => ({
    state: 'running',
    ...(pid === undefined ? {} : { pid }),
    step: step.number,
    action: step.action,
    ...evidence.read(),
  }));
  // The first look comes early: helpers that detach themselves do so soon after the start.
  const early = setTimeout(look, Math.min(300, timings.descendantsMs));
  const timer = setInterval(look, timings.descendantsMs);
  return () => {
    stopBeating();
    clearTimeout(early);
    clearInterval(timer);
  };
}
