import { makeRunFolder } from '../../activities/journal/run-folder.ts';
import type { RunPlan } from './plan.ts';

/** Makes the folder of a planned run. Throws as {@link makeRunFolder}. */
export function createRunFolder(plan: RunPlan, withScript = true): void {
  makeRunFolder({ root: plan.root, runDir: plan.runDir, inputRaw: plan.input.raw, ...(withScript ? { source: plan.source } : {}) });
}
