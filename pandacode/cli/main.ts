import { resolve } from 'node:path';
import { isOdwError } from '../../src/errors/error.ts';
import { errorTable } from '../../src/errors/table.ts';
import { escapeControls } from '../../src/escape-controls.ts';
import { failure, failureOf } from '../errors/failure.ts';
import { printObject } from '../report/print.ts';
import { writeReportFile } from '../report/report-file.ts';
import { buildProgram } from './program.ts';

/** Runs one command. Errors become an error report on stdout with `--json`, else text on stderr. @returns the exit code */
export async function main(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const outcome = { exitCode: 0 };
  try {
    await buildProgram(env, outcome).parseAsync(argv, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    const wrongArguments = commanderExit(error);
    if (wrongArguments?.code === 0) return 0;
    return reportError(argv, error, wrongArguments?.message);
  }
}

async function reportError(argv: string[], error: unknown, wrongArguments: string | undefined): Promise<number> {
  const isUsage = wrongArguments !== undefined || (isOdwError(error) && error.exitCode === 2);
  const why = wrongArguments === undefined ? failureOf(error) : failure('invalid_request', wrongArguments, { next_action: errorTable['executor-usage'].next });
  const exitCode = isUsage ? 2 : 1;
  const report = { ok: false, state: 'failed', dispatch_id: valueOf(argv, '--dispatch-id') ?? null, exit_code: exitCode, pid: process.pid, error: why };
  const reportFile = valueOf(argv, '--report-file');
  // A parent that looks at the report file alone must see this end too. A `wait` only reads that file.
  if (reportFile && argv[0] !== 'wait') writeQuietly(resolve(reportFile), report);
  if (argv.includes('--json')) await printObject(report, true);
  else process.stderr.write(escapeControls(`pandacode: ${why.message}\n${why.next_action ? `${why.next_action}\n` : ''}`));
  return exitCode;
}

function valueOf(argv: string[], flag: string): string | undefined {
  const at = argv.indexOf(flag);
  return at >= 0 ? argv[at + 1] : argv.find((one) => one.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

function writeQuietly(path: string, report: unknown): void {
  try {
    writeReportFile(path, report);
  } catch (error) {
    process.stderr.write(`pandacode: the report file could not be written: ${(error as Error).message}\n`);
  }
}

/** commander throws where it would end the process: after help and version (code 0) and on wrong arguments. */
function commanderExit(error: unknown): { code: number; message: string } | undefined {
  const it = error as { code?: unknown; exitCode?: unknown; message?: unknown };
  if (typeof it?.code !== 'string' || !it.code.startsWith('commander.') || typeof it.exitCode !== 'number') return undefined;
  if (it.code === 'commander.help') return { code: 2, message: 'a command is missing' };
  return { code: it.exitCode, message: String(it.message).replace(/^error: /, '') };
}
