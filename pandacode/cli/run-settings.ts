import { resolve } from 'node:path';
import { usageError } from '../errors/raise.ts';
import type { RunSettings } from '../run/settings.ts';
import { runtimeNamed } from '../runtimes/registry.ts';
import { efforts, type RuntimeName } from '../runtimes/runtime.ts';
import { stateDirectory } from '../state/layout.ts';
import { chooseForRun, chooseForSession } from './choose-runtime.ts';
import { bambooOptions, type BambooFlags } from './bamboo-flags.ts';
import { readTask } from './task-source.ts';

/** The flags of exec, resume and answer as commander hands them over. */
export interface RunFlags extends BambooFlags {
  task?: string;
  taskFile?: string;
  text?: string;
  answer?: string;
  choice?: number;
  cd: string;
  session: string;
  model?: string;
  effort?: string;
  permission?: string;
  timeoutMs?: number;
  idleTimeoutMs: number;
  provider?: string;
  gateway?: string;
  schemaFile?: string;
  schemaRepairs: number;
  reportFile?: string;
  pidFile?: string;
  eventsFile?: string;
  dispatchId?: string;
  detachSafe?: boolean;
  persist: boolean;
  passEnv: string[];
  maxSteps?: number;
  maxCost?: number;
  maxTotalTokens?: number;
  json?: boolean;
  runtime?: string;
  claudeMode?: 'auto' | 'bare' | 'full';
  allowTool?: string[];
  claudeBin?: string;
  codexConfig?: string[];
  codexBin?: string;
  agent?: string;
  codexctlBin?: string;
  tmuxBin?: string;
  logMode?: string;
}

/** Checks the flags and turns them into settings. Every wrong one is a usage error; nothing is written or started. */
export async function runSettings(
  action: RunSettings['action'],
  named: RuntimeName | undefined,
  positional: string | undefined,
  flags: RunFlags,
  env: NodeJS.ProcessEnv,
): Promise<RunSettings> {
  const workspace = resolve(flags.cd);
  const stateDir = stateDirectory(workspace, env);
  const effort = oneOf('--effort', flags.effort, efforts);
  const permission = oneOf('--permission', flags.permission, ['max', 'limited'] as const);
  if (flags.detachSafe && !flags.reportFile) throw usageError('--detach-safe needs --report-file: nobody may be left to read stdout');
  const model = flags.model === 'inherit' ? undefined : flags.model?.trim() || undefined;
  const name = named ?? (action === 'exec' ? await chooseForRun(flags, model, env) : chooseForSession(flags, stateDir, env));
  if (flags.provider && name !== 'bamboo') {
    throw usageError(
      `--provider is only supported by Bamboo; got runtime ${name}${name === 'acp' ? '' : '. To drive a model vendor through this CLI, use --gateway'}`,
    );
  }
  const runtime = runtimeNamed(name);
  const task = action === 'answer' ? answerText(flags) : await readTask({ positional, task: flags.task, taskFile: flags.taskFile, workspace });
  const bin = name === 'claude' ? flags.claudeBin : name === 'codex' ? flags.codexBin : undefined;
  return {
    runtime,
    action,
    task,
    ...(action === 'answer' && flags.choice !== undefined ? { choice: flags.choice } : {}),
    workspace,
    stateDir,
    session: flags.session || 'latest',
    ...(flags.provider ? { provider: flags.provider } : {}),
    ...(model ? { model } : {}),
    ...(effort ? { effort } : {}),
    ...(permission ? { permission } : {}),
    timeoutMs: (name === 'bamboo' ? flags.runTimeoutMs : undefined) || flags.timeoutMs || null,
    idleTimeoutMs: flags.idleTimeoutMs,
    ...(flags.schemaFile ? { schemaFile: resolve(flags.schemaFile) } : {}),
    schemaRepairs: flags.schemaRepairs,
    ...(flags.reportFile ? { reportFile: flags.reportFile } : {}),
    ...(flags.pidFile ? { pidFile: flags.pidFile } : {}),
    ...(flags.eventsFile ? { eventsFile: flags.eventsFile } : {}),
    dispatchId: flags.dispatchId ?? null,
    detachSafe: flags.detachSafe ?? false,
    ...(flags.priceFile ? { priceFile: flags.priceFile } : {}),
    options: {
      ...(bin ? { bin } : {}),
      claudeMode: flags.claudeMode ?? 'auto',
      allowTools: flags.allowTool ?? [],
      codexConfig: flags.codexConfig ?? [],
      ...(flags.agent ? { agent: flags.agent } : {}),
      ...(flags.gateway ? { gateway: flags.gateway } : {}),
      passEnv: flags.passEnv,
      ...(flags.maxSteps === undefined ? {} : { maxSteps: flags.maxSteps }),
      ...(flags.maxCost === undefined ? {} : { maxCost: flags.maxCost }),
      ...(flags.maxTotalTokens === undefined ? {} : { maxTotalTokens: flags.maxTotalTokens }),
      persist: flags.persist,
      ...(name === 'bamboo' ? { bamboo: bambooOptions(flags) } : {}),
    },
    notes: ignoredNotes(flags),
    json: flags.json ?? false,
    env,
    startedMs: Math.round(performance.timeOrigin),
  };
}

/** One note per accepted flag that has no effect here. */
export function ignoredNotes(flags: Pick<RunFlags, 'codexctlBin' | 'tmuxBin' | 'logMode'>): string[] {
  const given = { '--codexctl-bin': flags.codexctlBin, '--tmux-bin': flags.tmuxBin, '--log-mode': flags.logMode };
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} is accepted and has no effect`]));
}

function oneOf<T extends string>(flag: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  if (!(allowed as readonly string[]).includes(value)) throw usageError(`${flag} must be one of ${allowed.join(', ')}; got ${JSON.stringify(value)}`);
  return value as T;
}

function answerText(flags: RunFlags): string {
  const text = flags.text ?? flags.answer;
  const given = [flags.choice === undefined ? undefined : '--choice', text === undefined ? undefined : '--text'].filter((one) => one !== undefined);
  if (given.length !== 1) throw usageError(`pass exactly one of --choice and --text; got ${given.join(' and ') || 'neither'}`);
  return text ?? '';
}
