import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExecFlags } from '../exec/flags.ts';

/** `odw exec` (section 13.2): runs a workflow script, or resumes a run. */
export function registerExec(program: Command): void {
  program
    .command('exec')
    .description('run a workflow script, or resume a run')
    .option('--path <dir>', 'project directory', '.')
    .option('--script <file>', 'workflow script; required unless --resume')
    .addOption(new Option('--input <text>', 'input of the script: JSON, or plain text').conflicts('inputFile'))
    .option('--input-file <file>', 'read the input from a file')
    .option('--resume <id>', 'resume a run by its id, or "latest"')
    .option('--rebuild-state', 'with --resume: write a state.json that cannot be parsed anew from history')
    .addOption(new Option('--backend <name>', "who does the nodes' work (default: mock; on resume the recorded one)").choices(['mock', 'pandacode']))
    .addOption(new Option('--dialect <name>', 'the rules that the script is written for (default: its meta.dialect, else odw)').choices(['odw', 'claude']))
    .option('--provider <name>', 'run-wide bamboo provider (default: ODW_PROVIDER)')
    .option('--model <name>', 'run-wide model')
    .option('--effort <level>', 'run-wide effort (default: low)')
    .option('--timeout <seconds>', 'time limit of a node; "none" or nothing means no limit')
    .option('--concurrency <n>', 'most nodes at once, 1 to 256 (default: ODW_CONCURRENCY, else by backend)', integer('--concurrency', 1, 256))
    .option('--budget <tokens>', 'token budget of the run', integer('--budget', 1, Number.MAX_SAFE_INTEGER))
    .option('--max-agents <n>', 'most nodes that may be launched, 1 to 5000 (default: 1000)', integer('--max-agents', 1, 5000))
    .option('--no-auto-answer', 'fail nodes that ask a question instead of answering with defaults')
    .option('--no-lint', 'start on a real backend although odw lint finds errors')
    .option('--pandacode-bin <path>', 'executor (default: ODW_PANDACODE_BIN, else the one shipped with odw)')
    .option('--codexctl-bin <path>', 'passed on to executors of codex nodes (default: ODW_CODEXCTL_BIN, else codexctl)')
    .option('--node-bin <path>', 'accepted for compatibility; ignored')
    .option('--json', 'print the final result only, as one JSON line')
    .option('--json-envelope', 'print one JSON line with run id, status and result')
    .option('--open', 'open the report when the run has ended')
    .option('--no-report', 'write no report.html')
    .option('--dry-run', 'print the command with all effective options and stop')
    .action(async (flags: ExecFlags) => {
      const { exec } = await import('../exec/exec.ts');
      process.exitCode = await exec(flags);
    });
}

function integer(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`${flag} expects a whole number from ${low} to ${high === Number.MAX_SAFE_INTEGER ? 'any size' : high}, got "${text}".`);
    return value;
  };
}
