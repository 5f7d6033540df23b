import { Command, CommanderError } from 'commander';
import pkg from '../package.json' with { type: 'json' };
import { registerControl } from './commands/control.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExec } from './commands/exec.ts';
import { registerInfo } from './commands/info.ts';
import { registerInit } from './commands/init.ts';
import { registerLint } from './commands/lint.ts';
import { registerReport } from './commands/report.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSchedule } from './commands/schedule.ts';
import { registerServer } from './commands/server.ts';
import { registerWorker } from './commands/worker.ts';
import { printError } from './print-error.ts';

const program = new Command('odw')
  .description('Durable workflows whose steps are coding agents.')
  .version(`odw ${pkg.version}`, '-V, --version')
  .exitOverride()
  .showHelpAfterError('(odw --help lists commands; odw COMMAND --help lists flags)');

registerExec(program);
registerReport(program, { previewRun: async (options) => (await import('./exec/preview.ts')).previewRun(options) });
registerRuns(program);
registerControl(program);
registerDoctor(program);
registerServer(program);
registerSchedule(program);
registerWorker(program);
registerInfo(program);
registerLint(program);
registerInit(program);
for (const command of allCommands(program)) command.exitOverride();

// A reader that goes away (`odw exec … | head`) ends the printing, not the run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message: help and version end with 0, usage errors with 2 (CLI-02).
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : printError(error);
}

// Connections and workers of a run that has ended would keep the process alive for seconds.
process.exit();

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)]);
}
