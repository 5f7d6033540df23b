import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { OdwError } from '../../src/errors/error.ts';
import { gitEnvironment, gitOverrides } from './git-environment.ts';

export interface GitOptions {
  cwd: string;
  /** Variables on top of the cleaned environment: GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE. */
  env?: Record<string, string>;
  input?: string | Uint8Array;
  /** Let git write its stdout to this open file instead of returning it. */
  stdoutFd?: number;
  /** Further settings, `name=value`. */
  config?: string[];
}

export interface GitResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** Longest wait for another git process that holds a lock, in milliseconds. */
const lockPatienceMs = 15_000;
// The last: another `git worktree add` is between two of the files that it writes.
const busy = /\.lock': File exists|could not lock|cannot lock ref(?!.*cannot create)|could not create (leading )?director|failed to read \S*worktrees\S*/i;

/**
 * Runs git without a shell and with the user's settings overridden. Waits for the locks of other git processes.
 *
 * @throws OdwError `git-failed` (non-zero exit, with git's own words), `git-missing`, `disk-full`
 */
export async function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const deadline = Date.now() + lockPatienceMs;
  for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
    const result = await tryGit(args, options);
    if (result.exitCode === 0) return result;
    if (!busy.test(result.stderr) || Date.now() > deadline) throw gitError(args, result);
    await sleep(wait * (0.5 + Math.random()));
  }
}

/** Like {@link git}, but a non-zero exit is a result. Does not wait for locks. */
export async function tryGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const config = (options.config ?? []).flatMap((one) => ['-c', one]);
  const result = await execa('git', ['--no-pager', ...gitOverrides, ...config, ...args], {
    cwd: options.cwd,
    env: { ...gitEnvironment(), ...options.env },
    extendEnv: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    // Ctrl-C in a terminal goes to the whole process group, and must not end git halfway.
    detached: true,
    reject: false,
    maxBuffer: 2 ** 30,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    // A number is fine too; its type would make the result's stdout unknown.
    stdout: (options.stdoutFd ?? 'pipe') as 'pipe',
  });
  // `failed` with exit 0: output that could not be taken.
  if (result.exitCode === undefined || (result.failed && result.exitCode === 0)) throw spawnError(args, options.cwd, result);
  const stdout = options.stdoutFd === undefined ? Buffer.from(result.stdout) : Buffer.alloc(0);
  return { exitCode: result.exitCode, stdout, stderr: Buffer.from(result.stderr).toString('utf8') };
}

/** The text of a command's stdout without its final newline. */
export async function gitText(args: readonly string[], options: GitOptions): Promise<string> {
  return (await git(args, options)).stdout.toString('utf8').replace(/\r?\n$/, '');
}

function gitError(args: readonly string[], result: GitResult): OdwError {
  const said = result.stderr.trim().split('\n').slice(-5).join(' | ');
  const command = `git ${args[0] ?? ''}${args[0] === 'worktree' ? ` ${args[1] ?? ''}` : ''}`;
  const isFull = /No space left on device|Disk quota exceeded/i.test(result.stderr);
  return new OdwError(isFull ? 'disk-full' : 'git-failed', `${command} failed (exit ${result.exitCode}): ${said || 'no message'}`, {
    fields: { args, exitCode: result.exitCode },
  });
}

function spawnError(
  args: readonly string[],
  cwd: string,
  result: { code?: string | undefined; signal?: string | undefined; originalMessage?: string | undefined },
): OdwError {
  if (result.code === 'ENOENT' && existsSync(cwd)) return new OdwError('git-missing', 'git was not found on PATH; isolated nodes need it');
  if (result.code === 'ENOENT') return new OdwError('git-failed', `git ${args[0] ?? ''} could not start: the folder ${cwd} does not exist`);
  if (result.code === 'ENOSPC') return new OdwError('disk-full', `git ${args[0] ?? ''} failed: no space left on device`);
  return new OdwError('git-failed', `git ${args[0] ?? ''} ended without an exit code: ${result.originalMessage ?? result.signal ?? 'unknown reason'}`, {
    fields: { signal: result.signal },
  });
}
