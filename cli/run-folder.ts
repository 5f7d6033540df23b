import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OdwError } from '../src/errors/error.ts';

export interface RunFolder {
  runId: string;
  /** Absolute path of `<root>/.odw/runs/<run id>`; need not exist. */
  dir: string;
}

/** `<root>/.odw/runs`, absolute. */
export function runsFolder(root: string): string {
  return join(resolve(root), '.odw', 'runs');
}

/**
 * The folder of a run by its id, or of the newest run by the word `latest` (CLI-07, FILE-03).
 *
 * @throws OdwError `run-id-invalid`; for `latest` also `run-not-found` when there is no run and `run-folder-outside`
 */
export function findRunFolder(root: string, idOrLatest: string): RunFolder {
  if (idOrLatest === 'latest') return latestRun(root);
  if (idOrLatest === '' || /[/\\]|\.\./.test(idOrLatest)) throw invalidId(idOrLatest);
  return { runId: idOrLatest, dir: join(runsFolder(root), idOrLatest) };
}

function latestRun(root: string): RunFolder {
  const runs = runsFolder(root);
  const path = join(runs, 'latest.json');
  const latest = readLatest(path);
  const runId = latest['run_id'];
  const runDir = latest['run_dir'];
  // The word leads to a name and the name to a folder: a pointer to itself would go round in circles.
  if (typeof runId !== 'string' || runId === 'latest') throw invalidId(String(runId ?? ''));
  const { dir } = findRunFolder(root, runId);
  if (typeof runDir === 'string' && (basename(runDir) !== runId || !sameFolder(dirname(resolve(root, runDir)), runs))) {
    throw new OdwError('run-folder-outside', `${path} points to ${runDir}, which is not in ${runs}`, { fields: { path, runDir } });
  }
  return { runId, dir };
}

function readLatest(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new OdwError('run-not-found', `read ${path}`, { fields: { path }, next: 'Start a run with odw exec, or pass --path.', cause });
  }
  throw new OdwError('run-file-invalid', `${path} is not a JSON object`, { fields: { path } });
}

// A project reached through a symbolic link has two names.
function sameFolder(a: string, b: string): boolean {
  try {
    return a === b || realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function invalidId(id: string): OdwError {
  return new OdwError('run-id-invalid', `invalid run id (must be a single run directory name): ${id}`, { fields: { id } });
}
