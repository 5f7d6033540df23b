import { join } from 'node:path';
import { keepEarlierWork } from '../../activities/worktree/earlier-work.ts';
import { treesName } from '../../activities/worktree/trees-folder.ts';
import { runsFolder } from '../run-folder.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';

/** Gives a new run the patches and commits that the results name which it reuses. A result counts without them, so a failure is only told. */
export async function ownReused({ root, runId, runDir }: RunPlan, from: string, output: ExecOutput): Promise<void> {
  try {
    await keepEarlierWork(root, { runDir: join(runsFolder(root), from), refFolder: treesName(from) }, { runDir, refFolder: treesName(runId) });
  } catch (error) {
    output.notice(`the patches of reused nodes stay in run ${from}: ${(error as Error).message}`);
  }
}
