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
import { registerSkills } from './commands/skills.ts';
import { registerWorker } from './commands/worker.ts';
import { asReplaced } from '../system/replaced.ts';
import { isOdwError } from '../src/errors/error.ts';
import { jsonError } from './json-error.ts';
import { printError } from './print-error.ts';
import { printJson, printText } from './print.ts';

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
registerSkills(program);
registerLint(program);
registerInit(program);
for (const command of allCommands(program)) command.exitOverride();

// A reader that goes away (`odw exec … | head`) ends the printing, not the run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

void run();

async function run(): Promise<never> {
  let ended = false;
  process.once('exit', (code) => {
    if (ended || code !== 0) return;
    printText('odw ended before its command did: nothing was left to wait for. This is an error in odw\n', 'stderr');
    process.exitCode = 13;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = failed(asReplaced(error), process.argv.slice(2));
  }
  ended = true;
  // Connections and workers of a run that has ended would keep the process alive for seconds.
  process.exit();
}

/** Tells why a command ended, to people and, with `--json`, to programs (CLI-02, CMD-01). Returns the exit code. */
function failed(error: unknown, words: string[]): number {
  // Commander has printed its own message; help and version are no failures.
  const isUsage = error instanceof CommanderError;
  if (isUsage && error.exitCode === 0) return 0;
  if (isUsage && error.code === 'commander.excessArguments' && words[0] === 'exec') printText('(a script is passed with --script FILE)\n', 'stderr');
  // The doctor has printed its one object, and says on stderr in both forms that it found something (DOC-02).
  const wantsJson = words.some((word) => word === '--json' || word === '--json-envelope') && !(isOdwError(error) && error.slug === 'doctor-failed');
  if (wantsJson) printJson(JSON.stringify(words[0] === 'exec' || words[0] === 'resume' ? execError(error) : jsonError(error)));
  if (isUsage) return 2;
  return wantsJson ? (isOdwError(error) ? error.exitCode : 1) : printError(error);
}

// `odw exec` and `odw resume` have a shape of their own (CLI-12).
function execError(error: unknown): object {
  const { code, message } = jsonError(error);
  return { ok: false, run_id: null, error: { category: code.toLowerCase(), message } };
}

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)]);
}
