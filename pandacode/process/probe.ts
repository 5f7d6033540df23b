import { execFile } from 'node:child_process';

const limitMs = 10_000;

/** Runs a short command and returns its stdout, or the error of one that failed, is missing or took over 10 s. */
export function probe(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ stdout: string } | { error: Error & { code?: unknown } }> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' }, (error, stdout) => {
      resolve(error ? { error } : { stdout });
    });
  });
}
