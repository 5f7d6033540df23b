import { createRunFolder } from './folder.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';

/** CLI-10: prints the command with all effective options; makes the run folder with the input, starts nothing. */
export function dryRun(plan: RunPlan, output: ExecOutput): number {
  createRunFolder(plan, false);
  output.dryRun(plan);
  return 0;
}
