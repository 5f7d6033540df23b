import { execFile } from 'node:child_process';

const limitMs = 10_000;

/** Runs a short command without input and returns what it printed, or the error of one that failed, is missing or took over 10 s. */
export function probe(
  command: string,
  args: string[],
  { timeoutMs = limitMs, ...options }: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<{ stdout: string; stderr: string } | { error: Error & { code?: unknown } }> {
  return new Promise((resolve) => {
    const settings = { ...options, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' } as const;
    const child = execFile(command, args, settings, (error, stdout, stderr) => resolve(error ? { error } : { stdout, stderr }));
    // A program that reads its input finds an end.
    child.stdin?.on('error', () => undefined).end();
  });
}
