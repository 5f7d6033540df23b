import { createInterface } from 'node:readline/promises';
import { isOdwError, OdwError } from '../../../src/errors/error.ts';
import { printJson, printText } from '../../print.ts';
import { printError } from '../../print-error.ts';
import { findRunFolder } from '../../run-folder.ts';
import { folderBytes, sizeText } from './folder-bytes.ts';
import { isRefusal, removeRun, type RemovedRun } from './remove-run.ts';
import { openServer, type ServerCopies } from './server-copy.ts';

export interface RemoveFlags {
  path: string;
  yes?: boolean;
  force?: boolean;
  keepHistory?: boolean;
  json?: boolean;
}

/**
 * `odw runs rm`: removes runs one after another. One that cannot be removed does not keep the others.
 *
 * @returns the exit code: 1 when a run was not removed
 */
export async function removeRuns(ids: readonly string[], flags: RemoveFlags): Promise<number> {
  const names = [...new Set(ids.map((id) => findRunFolder(flags.path, id).runId))];
  if (!flags.yes && !(await confirmed(names, flags))) return 1;
  const server = await openServer().catch((error: unknown) => printText(`[odw] ${(error as Error).message}\n`, 'stderr'));
  try {
    const results = [];
    for (const name of names) results.push(await removeOne(name, flags, server ?? undefined));
    if (flags.json) printJson(JSON.stringify(results));
    return results.every((one) => 'bytes' in one) ? 0 : 1;
  } finally {
    await server?.close();
  }
}

type Refused = { run_id: string; error: { category: string; message: string } };

async function removeOne(name: string, flags: RemoveFlags, server: ServerCopies | undefined): Promise<RemovedRun | Refused> {
  try {
    const removed = await removeRun(flags.path, name, { force: flags.force ?? false, keepHistory: flags.keepHistory ?? false }, server);
    if (!flags.json) printText(`${removedText(removed)}\n`);
    return removed;
  } catch (error) {
    if (!isRefusal(error) || !isOdwError(error)) throw error;
    if (!flags.json) printError(error);
    return { run_id: name, error: { category: error.slug, message: error.message } };
  }
}

async function confirmed(names: readonly string[], flags: RemoveFlags): Promise<boolean> {
  if (flags.json || !process.stdin.isTTY) {
    throw new OdwError('option-invalid', 'odw runs rm deletes for good; pass --yes where nobody can be asked', { exitCode: 2 });
  }
  for (const name of names) printText(`${name}  ${sizeText(folderBytes(findRunFolder(flags.path, name).dir))}\n`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Remove ${names.length === 1 ? 'this run' : `these ${names.length} runs`}, with all results, for good? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

function removedText({ run_id, bytes, blobs, blob_bytes, worktrees, refs, history, notes }: RemovedRun): string {
  const parts = [
    `folder ${sizeText(bytes)}`,
    ...(blobs > 0 ? [`${blobs} blobs ${sizeText(blob_bytes)}`] : []),
    ...(worktrees.length > 0 ? [`${worktrees.length} worktrees`] : []),
    ...(refs > 0 ? [`${refs} refs`] : []),
    ...(history === 'deleted' ? ["the server's copy"] : []),
    ...(history === 'kept' ? ["the server's copy is kept"] : []),
  ];
  return [`removed ${run_id}: ${parts.join(', ')}`, ...notes.map((note) => `  ${note}`)].join('\n');
}
