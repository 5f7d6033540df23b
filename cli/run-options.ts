import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration } from '../temporal/schedule/duration.ts';

/** Adds the flags that name a script and its input. */
export function addScriptOptions(command: Command, scriptHelp: string): Command {
  return command
    .option('--path <dir>', 'project directory', '.')
    .option('--script <file>', scriptHelp)
    .addOption(new Option('--input <text>', 'input of the script: JSON, or plain text').conflicts('inputFile'))
    .option('--input-file <file>', 'read the input from a file; - is standard input');
}

/** Adds the flags that shape a run, the same for every command that starts one. */
export function addRunOptions(command: Command, backendDefault = 'mock'): Command {
  return command
    .addOption(new Option('--backend <name>', `who does the nodes' work (default: ${backendDefault})`).choices(['mock', 'pandacode']))
    .addOption(new Option('--dialect <name>', 'the rules that the script is written for (default: its meta.dialect, else odw)').choices(['odw', 'claude']))
    .option('--provider <name>', 'run-wide bamboo provider (default: ODW_PROVIDER)')
    .option('--model <name>', 'run-wide model')
    .option('--effort <level>', 'run-wide effort (default: low)')
    .option('--timeout <seconds>', 'time limit of a node; "none" or nothing means no limit')
    .option('--concurrency <n>', 'most nodes at once, 1 to 256 (default: ODW_CONCURRENCY, else by backend)', integer('--concurrency', 1, 256))
    .option('--budget <tokens>', 'token budget of the run', integer('--budget', 1, Number.MAX_SAFE_INTEGER))
    .option('--max-agents <n>', 'most nodes that may be launched, 1 to 5000 (default: 1000)', integer('--max-agents', 1, 5000))
    .option(
      '--max-park <duration>',
      'longest wait for a provider that is used up, such as 30m or 6h; then the run fails (default: no limit)',
      duration('--max-park'),
    )
    .option('--priority <n>', "share of this machine's provider slots against other runs, 1 (most) to 5 (default: 3)", integer('--priority', 1, 5))
    .option(
      '--prefix-stagger-ms <n>',
      'longest wait of like nodes for the first output of the first of them, to share its prompt cache; 0 = none (default: 5000)',
      integer('--prefix-stagger-ms', 0, 600_000),
    )
    .option('--rates <file>', 'prices of models, before those of the project and of ODW_HOME (default: ODW_RATES)')
    .option('--no-auto-answer', 'fail nodes that ask a question instead of answering with defaults')
    .option('--no-lint', 'start on a real backend although odw lint finds errors')
    .option('--pandacode-bin <path>', 'executor (default: ODW_PANDACODE_BIN, else the one shipped with odw)')
    .option('--codexctl-bin <path>', 'passed on to executors of codex nodes (default: ODW_CODEXCTL_BIN, else codexctl)');
}

/** Reads a length of time in milliseconds; for commander. */
export function duration(flag: string): (text: string) => number {
  return (text) => {
    try {
      return parseDuration(flag, text);
    } catch (error) {
      throw new InvalidArgumentError(`${(error as Error).message}.`);
    }
  };
}

/** Reads a whole number in a range; for commander. */
export function integer(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`${flag} expects a whole number from ${low} to ${high === Number.MAX_SAFE_INTEGER ? 'any size' : high}, got "${text}".`);
    return value;
  };
}
