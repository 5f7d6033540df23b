import { type Command, InvalidArgumentError, Option } from 'commander';
import { runStatuses } from '../../schemas/run-status.ts';
import { groupNames, type GroupName } from '../../src/ledger/group-names.ts';
import type { GcFlags } from '../runs/gc/command.ts';
import type { RemoveFlags } from '../runs/remove/command.ts';
import { printJson, printText } from '../print.ts';

/** Adds `odw runs list`, `show`, `cost`, `watch`, `rebuild`, `rm` and `gc`. The first four read the run folders; no engine is needed. */
export function registerRuns(program: Command): void {
  const runs = program.command('runs').description('look at the runs of a project');

  runs
    .command('list')
    .description('print the runs as JSON, oldest first')
    .option('--path <dir>', 'project directory', '.')
    .addOption(new Option('--status <status>', 'only runs with this status').choices(runStatuses))
    .option('--limit <n>', 'only the newest N', wholeNumber)
    .option('--json', 'the same: this command prints nothing else')
    .action(async (options: { path: string; status?: string; limit?: number }) => {
      const [{ listRuns }, { settleRuns }] = await Promise.all([import('../runs/list.ts'), import('../runs/settle.ts')]);
      const note = await settleRuns(options.path);
      printJson(JSON.stringify({ ...listRuns(options.path, options), ...(note === undefined ? {} : { note: `interrupted: ${note}` }) }, null, 2));
    });

  runs
    .command('show')
    .description('show one run: status, nodes, last events')
    .argument('[run]', 'run id, or latest', 'latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--tail <n>', 'how many records of the journal to look at for recent events', wholeNumber, 80)
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { path: string; tail: number; json?: boolean }) => {
      const [{ showRun }, { showText }, { settleRuns }] = await Promise.all([
        import('../runs/show.ts'),
        import('../runs/show-text.ts'),
        import('../runs/settle.ts'),
      ]);
      const note = await settleRuns(options.path, run);
      const view = { ...showRun(options.path, run, options.tail), ...(note === undefined ? {} : { note }) };
      if (options.json) printJson(JSON.stringify(view, null, 2));
      else printText(`${showText(view)}\n`);
    });

  registerCost(runs);
  registerWatch(runs);
  registerRebuild(runs);
  registerRemove(runs);
  registerGc(runs);
}

function registerCost(runs: Command): void {
  runs
    .command('cost')
    .description('show what the attempts of a run used and cost, and on what the figures rest')
    .argument('[run]', 'run id, or latest', 'latest')
    .option('--path <dir>', 'project directory', '.')
    .addOption(new Option('--by <what>', 'sums instead of attempts').choices(groupNames))
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { path: string; by?: GroupName; json?: boolean }) => {
      const [{ costOfRun }, { costText }] = await Promise.all([import('../runs/cost.ts'), import('../runs/cost-text.ts')]);
      const cost = costOfRun(options.path, run, options.by);
      if (options.json) printJson(JSON.stringify(cost));
      else printText(`${costText(cost)}\n`);
    });
}

function registerWatch(runs: Command): void {
  runs
    .command('watch')
    .description('print the journal of a run as it grows; ends with the run')
    .argument('[run]', 'run id, or latest', 'latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print the journal records, one JSON object a line')
    .action(async (run: string, options: { path: string; json?: boolean }) => {
      const { watchRun } = await import('../runs/watch.ts');
      process.exitCode = await watchRun(options.path, run, options.json ?? false);
    });
}

function registerRebuild(runs: Command): void {
  runs
    .command('rebuild')
    .description("make a run's folder again from its history")
    .argument('<run>', 'run id, or latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--offline', 'use the exported history.json only; ask no server')
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { path: string; offline?: boolean; json?: boolean }) => {
      const { rebuildRun } = await import('../runs/rebuild.ts');
      const rebuilt = await rebuildRun(options.path, run, options.offline ?? false);
      if (options.json) printJson(JSON.stringify(rebuilt));
      else printText(`rebuilt ${rebuilt.run_id} [${rebuilt.status}] from ${rebuilt.events} events: ${rebuilt.run_dir}\n`);
    });
}

function registerRemove(runs: Command): void {
  runs
    .command('rm')
    .description('remove runs for good: folder, worktrees and refs, the copy on the server, and blobs that no other run needs')
    .argument('<run...>', 'run ids, or latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--yes', 'do not ask')
    .option('--force', 'stop a run that is open')
    .option('--keep-history', "leave the server's copy, from which odw runs rebuild makes the folder again")
    .option('--json', 'print one JSON array')
    .action(async (ids: string[], options: RemoveFlags) => {
      const { removeRuns } = await import('../runs/remove/command.ts');
      process.exitCode = await removeRuns(ids, options);
    });
}

function registerGc(runs: Command): void {
  runs
    .command('gc')
    .description('remove what no run needs: blobs, folders of nodes, worktrees and locks that were left behind')
    .option('--path <dir>', 'project directory; blobs are those of all projects', '.')
    .option('--dry-run', 'list the same, remove nothing')
    .option('--min-age <hours>', 'leave blobs and temporary files that are younger', wholeNumber, 24)
    .option('--gone-projects', 'also remove blobs of runs whose project folder is not there')
    .option('--json', 'print one JSON object')
    .action(async (options: GcFlags) => {
      const { collectGarbage } = await import('../runs/gc/command.ts');
      process.exitCode = await collectGarbage(options);
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Expected a whole number, 0 or more.');
}
