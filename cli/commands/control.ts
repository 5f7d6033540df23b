import type { Command } from 'commander';

interface Flags {
  path: string;
  json?: boolean;
}

/** Adds the commands that steer an open run, from any process: `odw pause`, `odw unpause`, `odw stop`. */
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
}

function onRun(program: Command, name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .argument('<run>', 'run id, or latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print one JSON object');
}
