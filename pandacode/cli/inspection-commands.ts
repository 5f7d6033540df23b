import { type Command, Option } from 'commander';
import { resolve } from 'node:path';
import { runtimeNames, type RuntimeName } from '../runtimes/runtime.ts';
import { printObject, printText } from '../report/print.ts';
import { waitForReport } from '../run/wait-for-report.ts';
import { usageError } from '../errors/raise.ts';
import { stateDirectory } from '../state/layout.ts';
import { listRecords } from '../state/session-record.ts';
import { listRuns } from '../runtimes/bamboo/list-runs.ts';
import { addGenerationFlags } from './bamboo-flags.ts';
import { changeModel, type ModelFlags } from './commands/change-model.ts';
import { doctor } from './commands/doctor.ts';
import { endSession } from './commands/end-session.ts';
import { logs } from './commands/logs.ts';
import { models } from './commands/models.ts';
import { status } from './commands/status.ts';
import { absolute, count } from './parse-values.ts';
import type { Outcome } from './program.ts';
import { ignoredFlags } from './run-commands.ts';
import { findSession, type SessionFlags } from './session-target.ts';

interface PlaceFlags {
  cd: string;
  json?: boolean;
  limit?: number;
  claudeBin?: string;
  codexBin?: string;
  provider?: string;
  live?: boolean;
}

/** Adds the commands that look at sessions and runtimes, or end a run. */
export function addInspectionCommands(parent: Command, runtime: RuntimeName | undefined, env: NodeJS.ProcessEnv, outcome: Outcome): void {
  const show = async (value: Record<string, unknown>, json: boolean | undefined) => {
    await printObject(value, json ?? false);
    outcome.exitCode = value['ok'] === true ? 0 : 1;
  };
  const target = (flags: SessionFlags) => findSession(runtime, flags, env);

  session(parent, runtime, 'status', 'how a session stands').action((flags: SessionFlags) => show(status(target(flags)), flags.json));
  session(parent, runtime, 'artifacts', 'the files of a session').action((flags: SessionFlags) => {
    const { runtime: its, session, workspace, paths, record } = target(flags);
    return show(
      {
        ok: true,
        state: 'available',
        runtime: its.name,
        action: 'artifacts',
        session,
        workspace,
        record_path: paths.record,
        artifacts: record.artifacts,
        record,
      },
      flags.json,
    );
  });
  session(parent, runtime, 'logs', 'the last lines of events and stderr')
    .option('--tail <lines>', 'how many lines of each', count, 100)
    .addOption(new Option('--visible').hideHelp())
    .action(async (flags: SessionFlags & { tail: number }) => {
      const lines = logs(target(flags), flags.tail);
      if (flags.json) await show({ ok: true, lines }, true);
      else await printText(lines.map((line) => `${line}\n`).join(''));
    });
  for (const action of ['interrupt', 'stop'] as const) {
    session(parent, runtime, action, action === 'stop' ? 'end the run of a session' : 'end the current turn of a session').action(async (flags: SessionFlags) =>
      show(await endSession(target(flags), action), flags.json),
    );
  }
  if (runtime) {
    const model = session(parent, runtime, 'model', 'change the model or effort of a session')
      .option('--model <name>', 'the new model')
      .option('--set <name>', 'same as --model')
      .option('--effort <level>', 'the new effort');
    if (runtime === 'bamboo') addGenerationFlags(model.option('--provider <name>', 'the new model vendor'));
    model.action((flags: SessionFlags & ModelFlags) => show(changeModel(target(flags), flags), flags.json));
  } else addWait(parent, show, outcome);

  place(parent, 'list', 'the sessions of a workspace, newest first')
    .option('--limit <number>', 'at most so many of each runtime', count)
    .action((flags: PlaceFlags) => {
      const stateDir = stateDirectory(resolve(flags.cd), env);
      const wanted = runtime ? [runtime] : runtimeNames;
      const records = Object.fromEntries(wanted.map((name) => [name, listRecords(stateDir, name).slice(0, flags.limit)]));
      return show({ ok: true, ...records, ...(runtime === 'bamboo' ? { runs: listRuns(stateDir).slice(0, flags.limit) } : {}) }, flags.json);
    });
  const aimed = (command: Command) =>
    runtime === undefined || runtime === 'bamboo' ? command.option('--provider <name>', 'model vendor, for bamboo') : command;
  const doctorCommand = aimed(place(parent, 'doctor', 'what is missing to run tasks')).option(
    '--live',
    'also make one tiny call of a model with each runtime that is ready',
  );
  doctorCommand.action(async (flags: PlaceFlags) => show(await doctor(resolve(flags.cd), runtime, bins(flags), env, asked(flags)), flags.json));
  aimed(place(parent, 'models', 'the models of the runtimes')).action(async (flags: PlaceFlags) =>
    show(await models(runtime, bins(flags), env, { workspace: resolve(flags.cd), ...asked(flags) }), flags.json),
  );
}

function addWait(parent: Command, show: (value: Record<string, unknown>, json: boolean | undefined) => Promise<void>, outcome: Outcome): void {
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
      await show(result.report, flags.json);
      outcome.exitCode = result.exitCode;
    });
}

function session(parent: Command, runtime: RuntimeName | undefined, name: string, description: string): Command {
  const command = place(parent, name, description).option('--session <name>', 'name of the session', 'latest');
  return runtime ? command : command.option('--runtime <name>', 'auto, claude, codex, bamboo or acp', 'auto');
}

function place(parent: Command, name: string, description: string): Command {
  const command = parent.command(name).description(description).option('--cd <folder>', 'workspace', '.').option('--json', 'print in one line');
  for (const flag of ['--claude-bin <path>', '--codex-bin <path>']) command.addOption(new Option(flag).hideHelp());
  ignoredFlags(command);
  return command;
}

function asked(flags: PlaceFlags): { provider?: string; live?: boolean } {
  return { ...(flags.provider ? { provider: flags.provider } : {}), ...(flags.live ? { live: true } : {}) };
}

function bins(flags: PlaceFlags): Partial<Record<RuntimeName, string>> {
  return { ...(flags.claudeBin ? { claude: flags.claudeBin } : {}), ...(flags.codexBin ? { codex: flags.codexBin } : {}) };
}
