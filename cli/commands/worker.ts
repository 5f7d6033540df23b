import type { Command } from 'commander';
import { integer } from '../run-options.ts';

/** Adds `odw worker start|list`: processes that run what schedules start. Each takes `--json`. */
export function registerWorker(program: Command): void {
  const worker = program.command('worker').description('processes that run what schedules start');

  worker
    .command('start')
    .description('serve the shared queue until Ctrl-C; what is left open goes on with the next worker')
    .option('--slots <n>', 'most nodes at once in this worker, over all runs (default: by memory)', integer('--slots', 1, 256))
    .option('--json', 'print one JSON object a line')
    .action(async (flags: { slots?: number; json?: boolean }) => (await import('../worker/start.ts')).start(flags));

  worker
    .command('list')
    .description('show who serves the shared queue')
    .option('--here', 'only workers of this machine; exit 1 when there is none')
    .option('--json', 'print one JSON array')
    .action(async (flags: { here?: boolean; json?: boolean }) => {
      process.exitCode = await (await import('../worker/list.ts')).list(flags);
    });
}
