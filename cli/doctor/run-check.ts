import { execFile } from 'node:child_process';

/** One thing that doctor looked at (DOC-03). */
export interface Check {
  ok: boolean;
  command: string[];
  /** First line of output, or why there is none. */
  summary: string;
}

export interface CommandOutput extends Check {
  /** Null when it did not start or was ended by the time limit. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

const MAX_OUTPUT = 16 * 1024 * 1024;

/** Runs one command and reports how it went; never rejects. It is ended after `limitMs`. */
export function runCheck(command: readonly string[], { limitMs, env, cwd }: { limitMs: number; env: NodeJS.ProcessEnv; cwd?: string }): Promise<CommandOutput> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    const options = { timeout: limitMs, killSignal: 'SIGKILL' as const, maxBuffer: MAX_OUTPUT, env, ...(cwd === undefined ? {} : { cwd }) };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      const problem =
        error === null
          ? ''
          : error.killed
            ? `no answer within ${limitMs / 1000} s`
            : error.code === 'ENOENT'
              ? `${file} not found`
              : error.message.split('\n')[0]!;
      // When the command has nothing to say, the reason that Node gives is better than nothing.
      const summary = (exitCode === null ? problem : '') || firstLine(stdout) || firstLine(stderr) || problem || 'no output';
      resolve({ ok: error === null, command: [...command], summary, exitCode, stdout, stderr });
    });
    child.stdin?.end();
  });
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}
