import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageError } from '../errors/raise.ts';

export interface TaskSource {
  /** The positional argument; only `-` (stdin) is allowed. */
  positional: string | undefined;
  task: string | undefined;
  taskFile: string | undefined;
  workspace: string;
}

/** Reads the task from exactly one source. A task file is looked for from the process's folder, then from the workspace. */
export async function readTask(source: TaskSource): Promise<string> {
  const { positional, task, taskFile, workspace } = source;
  if (positional !== undefined && positional !== '-')
    throw usageError(`unexpected argument ${JSON.stringify(positional)}; pass --task, --task-file, or '-' to read task from stdin`);
  const given = [positional === '-' ? "'-'" : undefined, task === undefined ? undefined : '--task', taskFile === undefined ? undefined : '--task-file'].filter(
    (one) => one !== undefined,
  );
  if (given.length === 0) throw usageError("pass --task, --task-file, or '-' to read task from stdin");
  if (given.length > 1) throw usageError(`pass exactly one task source: got ${given.join(' and ')}`);
  const text = task ?? (taskFile === undefined ? await readStdin() : readTaskFile(taskFile, workspace));
  if (!text.trim()) throw usageError(`the task from ${given[0]} is empty`);
  return text;
}

function readTaskFile(file: string, workspace: string): string {
  const path = [resolve(file), resolve(workspace, file)].find((one) => existsSync(one));
  if (!path) throw usageError(`--task-file ${file} was not found`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`--task-file ${file} cannot be read: ${(error as Error).message}`);
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
