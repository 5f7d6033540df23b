import { limitWords } from '../limit-options.ts';
import type { RunOptions } from '../../schemas/options.ts';

export interface CommandFacts {
  root: string;
  script: string;
  /** How the input was given, to be repeated. */
  input: { flag: '--input' | '--input-file'; value: string } | undefined;
  resume: string | undefined;
  options: RunOptions;
  executor: { pandacodeBin: string | undefined; codexctlBin: string | undefined };
}

/** The `odw exec` command that is equivalent to this run, with all effective options (CLI-10, FILE-02). */
export function equivalentCommand({ root, script, input, resume, options, executor }: CommandFacts): string[] {
  const command = ['odw', 'exec', '--path', root, '--script', script];
  if (input) command.push(input.flag, input.value);
  if (resume) command.push('--resume', resume);
  command.push('--backend', options.backend);
  if (options.dialect !== undefined) command.push('--dialect', options.dialect);
  if (options.provider !== null && options.providerIsFlag) command.push('--provider', options.provider);
  if (options.model !== null) command.push('--model', options.model);
  command.push('--effort', options.effort, '--timeout', options.timeoutMs === null ? 'none' : String(options.timeoutMs / 1000));
  // With --raise a width that is given wins over the script's, so one that was not given is not said.
  if (!options.limits?.raise || options.limits.concurrency !== undefined) command.push('--concurrency', String(options.concurrency));
  command.push('--max-agents', String(options.maxAgents));
  if (options.limits) command.push(...limitWords(options.limits));
  if (options.budget !== null) command.push('--budget', String(options.budget));
  if (options.maxParkMs !== undefined) command.push('--max-park', `${Math.ceil(options.maxParkMs / 1000)}s`);
  if (options.priority !== undefined) command.push('--priority', String(options.priority));
  if (options.prefixStaggerMs !== undefined) command.push('--prefix-stagger-ms', String(options.prefixStaggerMs));
  if (options.rates !== undefined) command.push('--rates', options.rates);
  if (!options.autoAnswer) command.push('--no-auto-answer');
  if (executor.pandacodeBin) command.push('--pandacode-bin', executor.pandacodeBin);
  if (executor.codexctlBin) command.push('--codexctl-bin', executor.codexctlBin);
  return command;
}

/** Quotes words for a POSIX shell. */
export function shellQuote(words: readonly string[]): string {
  return words.map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
