import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { writeFileAtomic, writeFileOnce } from '../../system/files.ts';

export interface RunFolderContent {
  root: string;
  runDir: string;
  /** The exact input text. */
  inputRaw: string;
  /** The captured script; absent = none is written. */
  source?: string;
}

/**
 * Makes the run folder with what the run was given: the exact input text and the captured script (PROC-10).
 *
 * @throws OdwError `run-folder-unwritable`
 */
export function makeRunFolder({ root, runDir, inputRaw, source }: RunFolderContent): void {
  try {
    mkdirSync(runDir, { recursive: true });
    // Run folders hold prompts and answers; an agent's `git add -A` must not commit them.
    writeFileOnce(join(root, '.odw', 'runs', '.gitignore'), '*\n');
    writeFileAtomic(join(runDir, 'input.raw'), inputRaw);
    if (source !== undefined) writeFileAtomic(join(runDir, 'script.js'), source);
  } catch (cause) {
    throw new OdwError('run-folder-unwritable', `cannot write the run folder ${runDir}: ${(cause as Error).message}`, { cause });
  }
}
