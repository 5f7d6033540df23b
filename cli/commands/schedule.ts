import { Argument, Option, type Command } from 'commander';
import { overlaps } from '../../temporal/schedule/overlap.ts';
import { addLimitOptions } from '../limit-options.ts';
import { addRunOptions, addScriptOptions } from '../run-options.ts';
import type { CreateFlags } from '../schedule/create.ts';

interface Flags {
  json?: boolean;
  note?: string;
  overlap?: (typeof overlaps)[number];
  from?: string;
  to?: string;
  tz?: string;
}

/** Adds `odw schedule create|list|describe|pause|unpause|trigger|backfill|rm`. Each takes `--json`. */
export function registerSchedule(program: Command): void {
  const schedule = program.command('schedule').description('runs that start by the clock; workers (odw worker start) do them');
  registerCreate(schedule);

  schedule
    .command('list')
    .description('print the schedules of the server, of all projects')
    .option('--json', 'print one JSON array')
    .action(async (flags: Flags) => (await import('../schedule/show.ts')).list(flags));

  named(schedule, 'describe', 'show one schedule: when, what, its last runs').action(async (name: string, flags: Flags) =>
    (await import('../schedule/show.ts')).describe(name, flags),
  );
  named(schedule, 'pause', 'stop firing until unpause; a run under way goes on')
    .option('--note <text>', 'why, for those who look')
    .action(async (name: string, flags: Flags) => (await import('../schedule/change.ts')).pause(name, flags));
  named(schedule, 'unpause', 'fire again as planned')
    .option('--note <text>', 'why, for those who look')
    .action(async (name: string, flags: Flags) => (await import('../schedule/change.ts')).unpause(name, flags));
  named(schedule, 'trigger', 'fire once now, beside the plan')
    .addOption(overlapOption("while a run is open (default: the schedule's own)"))
    .action(async (name: string, flags: Flags) => (await import('../schedule/change.ts')).trigger(name, flags));
  named(schedule, 'backfill', 'fire now for each time of the plan in a past span')
    .requiredOption('--from <iso>', 'begin of the span')
    .requiredOption('--to <iso>', 'end of the span')
    .option('--tz <zone>', 'zone of times without an offset (default: that of this machine)')
    .addOption(overlapOption("while a run is open (default: the schedule's own)"))
    .action(async (name: string, flags: Flags & { from: string; to: string }) => (await import('../schedule/change.ts')).backfill(name, flags));
  named(schedule, 'rm', 'remove a schedule; its runs stay').action(async (name: string, flags: Flags) =>
    (await import('../schedule/change.ts')).remove(name, flags),
  );
}

function registerCreate(schedule: Command): void {
  const create = named(schedule, 'create', 'start runs of a script by the clock; script and options stay as they are now')
    .option('--cron <expr>', 'five fields: minute, hour, day of month, month, day of week; or @daily and the like')
    .option('--every <duration>', 'an interval: 30s, 5m, 2h, 1d')
    .option('--at <iso>', 'once, at a date and time')
    .option('--tz <zone>', 'zone of --cron and --at (default: that of this machine)')
    .addOption(overlapOption('while the run before is open').default('skip'))
    .option('--catchup <duration>', 'how late a firing may still start its run', '1h');
  addScriptOptions(create, 'workflow script');
  addLimitOptions(addRunOptions(create)).action(async (name: string, flags: CreateFlags) => (await import('../schedule/create.ts')).create(name, flags));
}

function named(schedule: Command, verb: string, description: string): Command {
  return schedule.command(verb).description(description).addArgument(new Argument('<name>', 'name of the schedule')).option('--json', 'print one JSON object');
}

function overlapOption(description: string): Option {
  return new Option('--overlap <policy>', description).choices(overlaps);
}
