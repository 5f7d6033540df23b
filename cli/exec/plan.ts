import { join, resolve } from 'node:path';
import pkg from '../../package.json' with { type: 'json' };
import type { Json } from '../../schemas/json.ts';
import type { RunOptions } from '../../schemas/options.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import type { CompiledScript } from '../../schemas/script.ts';
import { OdwError } from '../../src/errors/error.ts';
import { sha256 } from '../../src/keys/sha256.ts';
import { rawOf } from '../../src/input-text.ts';
import { compileScript } from '../../src/script/compile.ts';
import type { ExecFlags } from './flags.ts';
import { lineageRoot } from './lineage-root.ts';
import { readOptions } from './options.ts';
import { findRecorded, type RecordedRun } from './recorded.ts';
import { newRunId } from './run-id.ts';
import { equivalentCommand, shellQuote } from './shell-command.ts';
import { parseInput, readInput, readScript, resolveRoot, resolveScript, type RawInput } from './source.ts';

/** A run as the command line asks for it, before anything was started or written. */
export interface RunPlan {
  root: string;
  scriptPath: string;
  source: string;
  input: RawInput;
  args: Json;
  options: RunOptions;
  /** Executor flags, given or recorded; undefined = the default. */
  executor: { pandacodeBin: string | undefined; codexctlBin: string | undefined };
  /** The run to resume, when there is one. */
  recorded: RecordedRun | undefined;
  runId: string;
  runDir: string;
  startedMs: number;
  command: string[];
  preview: boolean;
}

/** Reads flags, script, input and a recorded run into a plan. Starts and writes nothing. */
export function planRun(flags: ExecFlags, env: NodeJS.ProcessEnv): RunPlan {
  const root = resolveRoot(flags.path);
  const recorded = flags.resume === undefined ? undefined : findRecorded(root, flags.resume, flags.backend);
  if (!flags.script && !recorded) throw new OdwError('script-required', 'odw exec requires --script unless --resume points to a prior exec run');
  const { scriptPath, source } = locateScript(root, flags, recorded);
  const input = inputOf(flags, recorded);
  const args = parseInput(input.raw, input.given);
  const options = readOptions(flags, env, recorded?.options);
  const startedMs = Date.now();
  const runId = newRunId(recorded !== undefined, startedMs);
  const executor = {
    pandacodeBin: binaryPath(flags.pandacodeBin) ?? recorded?.pandacodeBin,
    codexctlBin: binaryPath(flags.codexctlBin) ?? recorded?.codexctlBin,
  };
  const command = equivalentCommand({ root, script: scriptPath, input: input.given, resume: recorded?.runId, options, executor });
  return {
    root,
    scriptPath,
    source,
    input,
    args,
    options,
    executor,
    recorded,
    runId,
    runDir: join(root, '.odw', 'runs', runId),
    startedMs,
    command,
    preview: flags.preview ?? false,
  };
}

/**
 * Compiles the plan's script into the workflow's input.
 *
 * @throws OdwError of the area "script", with file, line, column and a caret
 */
export async function compilePlan(plan: RunPlan, reuse: RunInput['reuse']): Promise<RunInput> {
  return runInputOf(plan, await compileScript({ path: plan.scriptPath, source: plan.source, dialect: plan.options.dialect }), reuse);
}

export function runInputOf(plan: RunPlan, script: CompiledScript, reuse: RunInput['reuse']): RunInput {
  return {
    version: 1,
    runId: plan.runId,
    root: plan.root,
    runDir: plan.runDir,
    script,
    args: plan.args,
    ...(plan.input.raw.trim() === '' ? { argsOmitted: true } : {}),
    inputSha256: sha256(plan.input.raw),
    inputRaw: plan.input.raw === rawOf(plan.args) ? null : plan.input.raw,
    executor: { pandacodeBin: plan.executor.pandacodeBin ?? null, codexctlBin: plan.executor.codexctlBin ?? null },
    options: plan.options,
    resumeFrom: plan.recorded?.asked ?? '',
    resumedFrom: plan.recorded?.runId ?? null,
    lineageRoot: plan.recorded ? lineageRoot(plan.root, plan.recorded.runId) : null,
    reuse,
    preview: plan.preview,
    startedMs: plan.startedMs,
    ...continueAfter(process.env),
    command: plan.command,
    shell: shellQuote(plan.command),
    odwVersion: pkg.version,
    nodeVersion: process.version,
  };
}

// Tests make a run go on in a new execution early (docs/internals/changing-workflows.md).
function continueAfter({ ODW_CONTINUE_AFTER_EVENTS: given }: NodeJS.ProcessEnv): Pick<RunInput, 'continueAfterEvents'> {
  return given === undefined ? {} : { continueAfterEvents: Number(given) };
}

// RES-05: a given script, else the recorded path read anew, else the source that the run captured.
function locateScript(root: string, flags: ExecFlags, recorded: RecordedRun | undefined): { scriptPath: string; source: string } {
  if (flags.script || !recorded) {
    const scriptPath = resolveScript(root, flags.script ?? '');
    return { scriptPath, source: readScript(scriptPath) };
  }
  if (!recorded.workflow) throw new OdwError('script-required', 'resumed run does not record a workflow script');
  return { scriptPath: recorded.workflow, source: recorded.readScript() };
}

// A path is relative to where the command was given; a word is looked up on PATH.
function binaryPath(binary: string | undefined): string | undefined {
  return binary?.includes('/') ? resolve(binary) : binary;
}

function inputOf(flags: ExecFlags, recorded: RecordedRun | undefined): RawInput {
  if (flags.input !== undefined || flags.inputFile !== undefined || !recorded) return readInput(flags);
  return { raw: recorded.inputRaw, given: undefined };
}
