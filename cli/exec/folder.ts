import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { writeFileAtomic, writeFileOnce } from '../../system/files.ts';
import type { RunPlan } from './plan.ts';

/** Makes the run folder with what the run was given: the exact input text and the captured script (PROC-10). */
export function createRunFolder(plan: RunPlan, withScript = true): void {
  try {
    mkdirSync(plan.runDir, { recursive: true });
    // Run folders hold prompts and answers; an agent's `git add -A` must not commit them.
    writeFileOnce(join(plan.root, '.odw', 'runs', '.gitignore'), '*\n');
    writeFileAtomic(join(plan.runDir, 'input.raw'), plan.input.raw);
    if (withScript) writeFileAtomic(join(plan.runDir, 'script.js'), plan.source);
  } catch (cause) {
    throw new OdwError('run-folder-unwritable', `cannot write the run folder ${plan.runDir}: ${(cause as Error).message}`, { cause });
  }
}
