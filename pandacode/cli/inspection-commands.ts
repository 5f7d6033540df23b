import { Command } from 'commander';
import { printObject } from '../report/print.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import { waitForReport } from '../run/wait-for-report.ts';
import { usageError } from '../errors/raise.ts';
import { absolute, count } from './parse-values.ts';
import type { Outcome } from './program.ts';

/** Adds the commands that look at sessions and runs, or end them. */
export function addInspectionCommands(parent: Command, runtime: RuntimeName | undefined, _env: NodeJS.ProcessEnv, outcome: Outcome): void {
  if (runtime) return;
  parent
    .command('wait')
    .description('wait for the report of a run that another process started')
    .option('--report-file <path>', 'its report file', absolute)
    .option('--pid-file <path>', 'its pid file', absolute)
    .option('--dispatch-id <id>', 'accept only the run of this dispatch')
    .option('--timeout-ms <ms>', 'longest wait; 0 = none', count)
    .option('--json', 'print in one line')
    .action(async (flags: { reportFile?: string; pidFile?: string; dispatchId?: string; timeoutMs?: number; json?: boolean }) => {
      const { reportFile, pidFile } = flags;
      if (!reportFile || !pidFile) throw usageError('wait needs --report-file and --pid-file');
      const result = await waitForReport({ reportFile, pidFile, dispatchId: flags.dispatchId ?? null, timeoutMs: flags.timeoutMs || null });
      await printObject(result.report, flags.json ?? false);
      outcome.exitCode = result.exitCode;
    });
}
