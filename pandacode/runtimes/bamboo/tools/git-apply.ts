import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { gitArguments, gitEnvironment } from '../../../process/git.ts';

const limitMs = 20_000;

/** Applies a unified diff in a folder, all of it or nothing. @returns what git says against it, or undefined */
export async function gitApply(patch: string, folder: string): Promise<string | undefined> {
  const problem = await apply(patch, folder, []);
  if (problem === undefined) return undefined;
  // Models miscount lines; but without counts the header of the next file may be taken for a change.
  return (await apply(patch, folder, ['--recount'])) === undefined ? undefined : problem;
}

function apply(patch: string, folder: string, flags: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Paths count from the folder, also when it lies inside a larger repository: the ceiling hides that one.
    const child = spawn('git', gitArguments(['apply', ...flags, '--whitespace=nowarn', '-']), {
      cwd: folder,
      env: { ...gitEnvironment(), GIT_CEILING_DIRECTORIES: dirname(folder) },
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : said.trim() || `git apply ended with ${code}`));
    child.stdin.end(patch.endsWith('\n') ? patch : `${patch}\n`);
  });
}
