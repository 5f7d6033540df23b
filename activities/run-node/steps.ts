import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, writeFileOnce } from '../../system/files.ts';
import { stepFiles } from '../executor/node-files.ts';

/** One executor process of a node, as planned in its `step.json`. */
export interface Step {
  /** From 1. */
  number: number;
  action: 'exec' | 'resume' | 'answer';
  /** Answer round, from 1; 0 otherwise. */
  round: number;
  argv: string[];
  cwd: string;
  dispatchId: string;
  /** Epoch milliseconds at which it was about to start. */
  startedMs: number;
}

/** The step's folder. */
export function stepDir(nodeDir: string, number: number): string {
  return join(nodeDir, String(number));
}

/** All steps of a node so far, in order. */
export function readSteps(nodeDir: string): Step[] {
  const steps: Step[] = [];
  for (;;) {
    const step = readStep(nodeDir, steps.length + 1);
    if (!step) return steps;
    steps.push(step);
  }
}

/** Plans the next step. When another host planned the same number first, its plan is returned, and both run that one. */
export function createStep(nodeDir: string, plan: Step): Step {
  const dir = stepDir(nodeDir, plan.number);
  mkdirSync(dir, { recursive: true });
  return planOnce(stepFiles(dir).step, plan);
}

/** Writes a plan as JSON unless there is one; gives the one that counts. One that power loss left empty is replaced. */
export function planOnce<Plan>(path: string, plan: Plan): Plan {
  const text = `${JSON.stringify(plan)}\n`;
  const present = writeFileOnce(path, text);
  try {
    return JSON.parse(present) as Plan;
  } catch {
    writeFileAtomic(path, text);
    return plan;
  }
}

/** When the executor of a step was started, in epoch milliseconds; undefined when it was not. A plan may wait for its host for days. */
export function startOfStep(nodeDir: string, step: Step): number | undefined {
  return statSync(stepFiles(stepDir(nodeDir, step.number)).pid, { throwIfNoEntry: false })?.mtimeMs;
}

/** How long a step that has ended ran, in milliseconds, by the last trace that it left. Time in which nothing ran does not count. */
export function stepDuration(nodeDir: string, step: Step): number {
  const files = stepFiles(stepDir(nodeDir, step.number));
  const mtime = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const end = mtime(files.code) || Math.max(mtime(files.out), mtime(files.err), mtime(files.report), mtime(files.executorPid), mtime(files.pid));
  return Math.max(0, end - (startOfStep(nodeDir, step) ?? step.startedMs));
}

function readStep(nodeDir: string, number: number): Step | undefined {
  try {
    return JSON.parse(readFileSync(stepFiles(stepDir(nodeDir, number)).step, 'utf8')) as Step;
  } catch {
    return undefined;
  }
}
