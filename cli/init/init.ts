import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { skillText } from '../../src/guide/assemble.ts';
import { readPackageFile } from '../package-files.ts';
import { editorSettings, sampleWorkflow } from './samples.ts';

export interface InitResult {
  /** Paths below the project, in the order in which they were looked at. */
  created: string[];
  kept: string[];
}

/**
 * Writes what is not there yet (LIB-06): a second time changes nothing.
 *
 * @throws OdwError `init-failed` when there is no such folder, or a file cannot be written
 */
export function initProject(root: string): InitResult {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new OdwError('init-failed', `${root} is no folder, so it is no project to put files into`, { next: 'Check --path, or make the folder first.' });
  }
  const files: [string, () => string][] = [
    ['.claude/skills/odw/SKILL.md', () => skillText(readPackageFile)],
    // Not beside the workflows: every script there is a workflow.
    ['.claude/odw/odw.d.ts', () => readPackageFile('types/odw.d.ts')],
    ['.claude/workflows/jsconfig.json', () => editorSettings],
    ['.claude/workflows/hello.js', () => sampleWorkflow],
  ];
  const result: InitResult = { created: [], kept: [] };
  for (const [name, text] of files) (writeNew(join(root, name), text()) ? result.created : result.kept).push(name);
  return result;
}

function writeNew(path: string, text: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && (cause as NodeJS.ErrnoException).syscall === 'open') return false;
    throw new OdwError('init-failed', `cannot write ${path}: ${(cause as Error).message}`, { fields: { path }, cause });
  }
}
