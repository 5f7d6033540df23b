import { spawn } from 'node:child_process';
import { dirname } from 'node:path';

const limitMs = 20_000;

/** Applies a unified diff in a folder, all of it or nothing. @returns what git says against it, or undefined */
export function gitApply(patch: string, folder: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Paths count from the folder, also when it lies inside a larger repository: the ceiling hides that one.
    const child = spawn('git', ['apply', '--recount', '--whitespace=nowarn', '-'], {
      cwd: folder,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) },
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
