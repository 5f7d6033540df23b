import { Option, type Command } from 'commander';
import type { LimitsFlags } from '../control/limits.ts';
import { amount, wallTime } from '../limit-options.ts';
import { integer } from '../run-options.ts';

interface Flags {
  path: string;
  json?: boolean;
}

/** Adds the commands that steer an open run, from any process: `odw pause`, `odw unpause`, `odw stop`, `odw limits`. */
export function registerControl(program: Command): void {
  for (const name of ['pause', 'unpause'] as const) {
    const about = name === 'pause' ? 'start no more nodes in a run; running ones end' : 'let a paused or parked run go on';
    onRun(program, name, about).action(async (run: string, flags: Flags) => {
      const [{ answer }, { pauseOrGoOn }] = await Promise.all([import('../control/answer.ts'), import('../control/pause.ts')]);
      process.exitCode = await answer(flags.json, () => pauseOrGoOn(flags.path, run, name));
    });
  }

  onRun(program, 'stop', 'end a run and its executors; finished nodes are kept for a resume').action(async (run: string, flags: Flags) => {
    const [{ answer }, { stopRun }] = await Promise.all([import('../control/answer.ts'), import('../control/stop.ts')]);
    process.exitCode = await answer(flags.json, () => stopRun(flags.path, run));
  });

  registerLimits(program);
}

function registerLimits(program: Command): void {
  onRun(program, 'limits', 'show the limits of an open run, or set them; "none" lifts one')
    .option('--tokens <n>', 'most tokens', orNone(integer('--tokens', 0, Number.MAX_SAFE_INTEGER)))
    .option('--output-tokens <n>', 'most output tokens', orNone(integer('--output-tokens', 0, Number.MAX_SAFE_INTEGER)))
    .option('--money <usd>', 'most US dollars', orNone(amount('--money')))
    .option('--agents <n>', 'most nodes', orNone(integer('--agents', 0, 5000)))
    .option('--retries <n>', 'most attempts after the first, over all nodes', orNone(integer('--retries', 0, Number.MAX_SAFE_INTEGER)))
    .option('--wall <duration>', 'longest time, such as 90s, 30m or 6h', orNone(wallTime))
    .option('--concurrency <n>', 'most nodes at once', integer('--concurrency', 1, 256))
    .option('--allow-unpriced', 'a limit on money also holds for agents whose price nobody knows')
    .addOption(new Option('--phase <title>', 'limits of this phase').conflicts('provider'))
    .option('--provider <name>', 'limits at this provider')
    .action(async (run: string, { path, json, ...flags }: Flags & LimitsFlags) => {
      const [{ answer }, { limitRun }] = await Promise.all([import('../control/answer.ts'), import('../control/limits.ts')]);
      process.exitCode = await answer(json, () => limitRun(path, run, flags));
    });
}

function orNone(read: (text: string) => number): (text: string) => number | 'none' {
  return (text) => (text === 'none' ? text : read(text));
}

function onRun(program: Command, name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .argument('<run>', 'run id, or latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print one JSON object');
}
