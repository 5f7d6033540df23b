import { type Command, Option } from 'commander';
import { execute } from '../run/execute.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import { addBambooFlags } from './bamboo-flags.ts';
import { absolute, amount, collect, count } from './parse-values.ts';
import type { Outcome } from './program.ts';
import { runSettings, type RunFlags } from './run-settings.ts';

/** Adds exec, resume and answer: of one runtime, or (undefined) of the runtime that fits. */
export function addRunCommands(parent: Command, runtime: RuntimeName | undefined, env: NodeJS.ProcessEnv, outcome: Outcome): void {
  const [first, alias] = runtime ? ['exec', 'run'] : ['run', 'exec'];
  const exec = parent.command(first).alias(alias).description('do a task in a new conversation').argument('[task]', "'-' reads the task from stdin");
  const resume = parent
    .command('resume')
    .alias('continue')
    .description('go on in the conversation of a session')
    .argument('[task]', "'-' reads the task from stdin");
  for (const command of [exec, resume]) {
    command.option('--task <text>', 'the task').option('--task-file <path>', 'file with the task');
    commonFlags(command, runtime);
  }
  const answer = parent.command('answer').description('answer the question that a session waits with');
  answer
    .option('--text <text>', 'the answer')
    .option('--answer <text>', 'same as --text')
    .option('--choice <number>', 'number of the offered choice, from 1', count)
    .option('--wait', 'accepted; answer always waits');
  commonFlags(answer, runtime);
  const start = (action: 'exec' | 'resume' | 'answer') => async (positional: string | undefined, flags: RunFlags) => {
    outcome.exitCode = await execute(await runSettings(action, runtime, positional, flags, env));
  };
  exec.action(start('exec'));
  resume.action(start('resume'));
  answer.action((flags: RunFlags) => start('answer')(undefined, flags));
}

function commonFlags(command: Command, runtime: RuntimeName | undefined): void {
  command
    .option('--cd <folder>', 'workspace of the task', '.')
    .option('--session <name>', 'name of the session', 'latest')
    .option('--model <name>', 'model; `inherit` means the default')
    .option('--effort <level>', 'none, minimal, low, medium, high, xhigh or max')
    .option('--permission <level>', 'max: everything allowed; limited: edits in the workspace only')
    .option('--timeout-ms <ms>', 'limit over everything; 0 = none', count)
    .option('--idle-timeout-ms <ms>', 'longest silence of the agent; 0 = no limit', count, 1_800_000)
    .option('--provider <name>', 'model vendor, for bamboo only')
    .option('--gateway <vendor>', 'drive a model vendor through this CLI')
    .option('--schema-file <path>', 'JSON Schema that the final answer has to match')
    .option('--schema-repairs <number>', 'further turns to correct an answer that does not match', count, 2)
    .option('--report-file <path>', 'also write the report to this file', absolute)
    .option('--pid-file <path>', 'write who runs to this file', absolute)
    .option('--events-file <path>', 'append events to this file', absolute)
    .option('--dispatch-id <id>', 'names this dispatch: the same one is never run twice')
    .option('--detach-safe', 'survive the end of the parent; needs --report-file')
    .option('--no-persist', 'keep no conversation')
    .option('--pass-env <name>', 'hand a variable to the CLI; * is allowed; repeatable', collect, [])
    .option('--max-steps <number>', 'most model turns (claude, bamboo: 60) or tool calls (codex)', count)
    .option('--max-cost <amount>', 'cost limit, in USD (bamboo: see --max-cost-currency)', amount)
    .option('--max-total-tokens <number>', 'token limit', count)
    .option('--price-file <path>', 'prices by model', absolute)
    .option('--json', 'print the report in one line');
  if (!runtime) command.option('--runtime <name>', 'auto, claude, codex, bamboo or acp', 'auto');
  if (!runtime || runtime === 'claude') {
    command
      .addOption(new Option('--claude-mode <mode>', 'bare needs an API key; full uses the login').choices(['auto', 'bare', 'full']).default('auto'))
      .option('--allow-tool <pattern>', 'tool that permission limited allows; repeatable', collect, [])
      .addOption(new Option('--claude-bin <path>').hideHelp());
  }
  if (!runtime || runtime === 'codex') {
    command
      .option('--codex-config <key=value>', 'configuration for the codex CLI; repeatable', collect, [])
      .addOption(new Option('--codex-bin <path>').hideHelp());
  }
  if (!runtime || runtime === 'acp') command.option('--agent <name>', 'opencode, qwen, copilot, gemini, claude-agent-acp, codex-acp, or a command line');
  if (!runtime || runtime === 'bamboo') addBambooFlags(command);
  ignoredFlags(command);
}

/** Flags of an older executor: accepted, without effect. */
export function ignoredFlags(command: Command): void {
  for (const flag of ['--codexctl-bin <path>', '--tmux-bin <path>', '--log-mode <mode>']) command.addOption(new Option(flag).hideHelp());
}
