import { devNull } from 'node:os';
import { childEnvironment } from '../env/child-environment.ts';
import { probe } from './probe.ts';

// Settings of a repository by which git would run programs. The agent may have written them, and git is run here with more than the agent has.
const quiet = ['-c', 'core.fsmonitor=false', '-c', `core.hooksPath=${devNull}`, '-c', 'core.pager=cat'];

/** The arguments of a git call that runs nothing but git itself and takes no lock that it can do without. */
export function gitArguments(args: string[]): string[] {
  return ['--no-optional-locks', ...quiet, ...args];
}

/** What such a call inherits: no key of any vendor. */
export function gitEnvironment(): Record<string, string> {
  return { ...childEnvironment(process.env), GIT_TERMINAL_PROMPT: '0' };
}

/** Asks git about a folder. @returns its stdout, or undefined when it failed, is missing or took over 10 s */
export async function git(cwd: string, args: string[]): Promise<string | undefined> {
  const answer = await probe('git', gitArguments(args), { cwd, env: gitEnvironment() });
  return 'stdout' in answer ? answer.stdout : undefined;
}
