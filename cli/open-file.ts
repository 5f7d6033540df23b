import { spawn } from 'node:child_process';

/** Opens a file with the desktop's own program, `open` on macOS and `xdg-open` elsewhere. Says on stderr when that cannot be done; never fails. */
export async function openFile(path: string): Promise<void> {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [path], { detached: true, stdio: 'ignore' });
  const problem = await new Promise<Error | undefined>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', resolve);
  });
  child.unref();
  if (problem) process.stderr.write(`[odw] cannot open ${path}: ${problem.message}\n`);
}
