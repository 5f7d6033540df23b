import { Option, type Command } from 'commander';
import type { RestartFlags } from '../control/node.ts';
import type { LimitsFlags } from '../control/limits.ts';
import { amount, wallTime } from '../limit-options.ts';
import { integer } from '../run-options.ts';

interface Flags {
  path: string;
  json?: boolean;
}

/** Adds the commands that steer an open run, from any process: `odw pause`, `odw unpause`, `odw stop`, `odw limits`, `odw node`; and `odw status`. */
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
  registerNode(program);

  program
    .command('status')
    .description('show how a run stands: state, phases, nodes that run or failed, what holds it back')
    .argument('[run]', 'run id, or latest', 'latest')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print one JSON object')
    .action(async (run: string, flags: Flags) => {
      const [{ answer }, { readStatus }, { statusText }, { resolveRoot }, { settleRuns }] = await Promise.all([
        import('../control/answer.ts'),
        import('../runs/status.ts'),
        import('../runs/status-text.ts'),
        import('../exec/source.ts'),
        import('../runs/settle.ts'),
      ]);
      process.exitCode = await answer(flags.json, async () => {
        const root = resolveRoot(flags.path);
        const note = await settleRuns(root, run);
        const status = { ...readStatus(root, run), ...(note === undefined ? {} : { note }) };
        return { json: status, text: statusText(status, Date.now()) };
      });
    });
}

function registerLimits(program: Command): void {
  onRun(program, 'limits', 'show the limits of an open run, or set them; "none" lifts one')
    .option('--tokens <n>', 'most tokens', orNone(integer('--tokens', 0, Number.MAX_SAFE_INTEGER)))
    .option('--output-tokens <n>', 'most output tokens', orNone(integer('--output-tokens', 0, Number.MAX_SAFE_INTEGER)))
    .option('--money <usd>', 'most US dollars', orNone(amount('--money')))
    .option('--agents <n>', 'most nodes', orNone(integer('--agents', 0, 5000)))
    .option('--retries <n>', 'most attempts after the first, over all nodes', orNone(integer('--retries', 0, Number.MAX_SAFE_INTEGER)))
    .option('--failures <n>', 'most nodes that may fail', orNone(integer('--failures', 0, Number.MAX_SAFE_INTEGER)))
    .option('--wall <duration>', 'longest time, such as 90s, 30m or 6h; "6h total" counts pauses too', orNone(wallTime('--wall')))
    .option('--concurrency <n>', 'most nodes at once', orNone(integer('--concurrency', 1, 256)))
    .addOption(new Option('--on-limit <what>', 'what happens at a limit from now on').choices(['park', 'stop']))
    .option('--allow-unpriced', 'a limit on money also holds for agents whose price nobody knows')
    .addOption(new Option('--phase <title>', 'limits of this phase').conflicts(['provider', 'node']))
    .addOption(new Option('--provider <name>', 'limits at this provider').conflicts('node'))
    .option('--node <node>', 'limits of this node, which has some of its own: its key, or its label when only one has it')
    .action(async (run: string, { path, json, ...flags }: Flags & LimitsFlags) => {
      const [{ answer }, { limitRun }] = await Promise.all([import('../control/answer.ts'), import('../control/limits.ts')]);
      process.exitCode = await answer(json, () => limitRun(path, run, flags));
    });
}

function registerNode(program: Command): void {
  const node = program.command('node').description('steer one running node of a run');
  for (const action of ['stop', 'restart'] as const) {
    const command = node
      .command(action)
      .description(
        action === 'stop' ? 'end a node that runs or waits: it fails, the script goes on' : 'end a running node and start it anew, without using an attempt',
      )
      .argument('<run>', 'run id, or latest')
      .argument('<node>', 'key of the node, or its label when only one live node has it')
      .option('--path <dir>', 'project directory', '.')
      .option('--json', 'print one JSON object')
      .action(async (run: string, key: string, flags: Flags & RestartFlags) => {
        const [{ answer }, { endNode }] = await Promise.all([import('../control/answer.ts'), import('../control/node.ts')]);
        process.exitCode = await answer(flags.json, () => endNode(flags.path, run, key, action, flags));
      });
    if (action === 'stop') continue;
    command
      .option('--model <name>', 'with another model; inherit is the one of the runtime')
      .option('--effort <level>', 'with another effort')
      .option('--prompt-file <path>', 'with another prompt');
  }
}

function orNone<Value>(read: (text: string) => Value): (text: string) => Value | 'none' {
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
