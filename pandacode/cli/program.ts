import { Command } from 'commander';
import { runtimeNames } from '../runtimes/runtime.ts';
import { version } from '../version.ts';
import { addInspectionCommands } from './inspection-commands.ts';
import { addRunCommands } from './run-commands.ts';

/** Where a command leaves its exit code. */
export interface Outcome {
  exitCode: number;
}

/** The whole command line: the commands of each runtime, and the same at top level, where the runtime is found out. */
export function buildProgram(env: NodeJS.ProcessEnv, outcome: Outcome): Command {
  const program = plain(new Command('pandacode'));
  program.description('Runs one coding-agent task and prints one JSON report.').version(`pandacode ${version}`, '-V, --version');
  addRunCommands(program, undefined, env, outcome);
  addInspectionCommands(program, undefined, env, outcome);
  for (const name of runtimeNames) {
    const group = plain(program.command(name)).description(`tasks and sessions of the ${name} runtime`);
    addRunCommands(group, name, env, outcome);
    addInspectionCommands(group, name, env, outcome);
  }
  return program;
}

// Errors are thrown to the caller, which prints them in the wanted form; commander prints nothing but help.
function plain(command: Command): Command {
  return command.exitOverride().configureOutput({ writeErr: () => undefined, outputError: () => undefined });
}
