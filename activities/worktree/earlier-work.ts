import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../system/files.ts';
import { git, gitText, tryGit } from './git.ts';

/** Name of a run in hidden refs, `refs/odw/<name>/…`. */
export interface RunWork {
  runDir: string;
  /** The run's id in a form that git takes. */
  refFolder: string;
}

/**
 * Gives a run that reuses results of another what those name: the patches under the same names, and the hidden refs that keep the commits. The
 * run owns them then: the other may be removed. Results themselves stay letter by letter, since prompts are made of them.
 */
export async function keepEarlierWork(root: string, from: RunWork, to: RunWork): Promise<void> {
  const names = patchesIn(from.runDir);
  if (names.length === 0) return;
  mkdirSync(join(to.runDir, 'diffs'), { recursive: true });
  // Before the first of them is there: no capture of this run may take its name.
  writeFileAtomic(listPath(to.runDir), JSON.stringify(names));
  for (const name of names) take(join(from.runDir, 'diffs', name), join(to.runDir, 'diffs', name));
  await keepRefs(root, from.refFolder, to.refFolder);
}

/** The patch file of a dispatch, relative to the run's folder: a name that no patch of an earlier run has. The same each time it is asked. */
export function patchFile(runDir: string, nodeId: string): string {
  const taken = new Set(listOf(runDir));
  let name = `${nodeId}.patch`;
  for (let n = 2; taken.has(name); n++) name = `${nodeId}~${n}.patch`;
  return `diffs/${name}`;
}

// Patches are never written in place, so a second name for one is as good as a copy.
function take(from: string, to: string): void {
  if (existsSync(to)) return;
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

async function keepRefs(root: string, from: string, to: string): Promise<void> {
  const repository = await tryGit(['rev-parse', '--git-dir'], { cwd: root });
  if (repository.exitCode !== 0) return;
  const prefix = `refs/odw/${from}/`;
  const refs = (await gitText(['for-each-ref', '--format=%(objectname) %(refname)', prefix], { cwd: root })).split('\n').filter(Boolean);
  const lines = refs.map((line) => {
    const [object, ref] = line.split(' ') as [string, string];
    const name = ref.slice(prefix.length);
    return `update refs/odw/${to}/earlier/${name.startsWith('earlier/') ? name.slice('earlier/'.length) : `${from}/${name}`} ${object}\n`;
  });
  if (lines.length > 0) await git(['update-ref', '--stdin'], { cwd: root, input: lines.join('') });
}

function patchesIn(runDir: string): string[] {
  const folder = join(runDir, 'diffs');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.patch')) : [];
}

function listPath(runDir: string): string {
  return join(runDir, 'diffs', 'earlier.json');
}

function listOf(runDir: string): string[] {
  const path = listPath(runDir);
  if (!existsSync(path)) return [];
  try {
    const names: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(names)) return names.filter((name) => typeof name === 'string');
  } catch {
    // damaged, as below
  }
  // Whose patches are whose is not known any more: none of them may be written over.
  return patchesIn(runDir);
}
