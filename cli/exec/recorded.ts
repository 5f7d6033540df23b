import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { operatorLimits } from '../../schemas/limits.ts';
import { dialectName } from '../../schemas/script.ts';
import type { RunOptions } from '../../schemas/options.ts';
import { OdwError } from '../../src/errors/error.ts';
import { worktreeRoot } from '../../system/paths.ts';
import { findRunFolder } from '../run-folder.ts';
import { readJournal } from '../runs/read-journal.ts';

/** An earlier run as its folder records it. */
export interface RecordedRun {
  runId: string;
  runDir: string;
  /** The text given to --resume. */
  asked: string;
  workflow: string;
  scriptSha256: string;
  inputSha256: string;
  inputRaw: string;
  /** What the run was started with; an older tool did not record everything. */
  options: Partial<RunOptions>;
  /** Executor flags that the run was given. */
  pandacodeBin: string | undefined;
  codexctlBin: string | undefined;
  status: string;
  /** Id of the run that this one resumed. */
  resumedFrom: string | undefined;
  /** The script file as it is now, else the source that the run captured. */
  readScript(): string;
}

// An older tool wrote fewer fields; what is there has these types, or counts as absent.
const text = z.string().optional().catch(undefined);
const nullableText = z.string().nullable().optional().catch(undefined);
const amount = z.number().nullable().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const recordedFile = z.object({
  workflow: text,
  status: text,
  resumed_from: nullableText,
  script_sha256: text,
  input_sha256: text,
  backend: text,
  provider: nullableText,
  provider_is_flag: flag,
  model: nullableText,
  effort: text,
  timeout: amount,
  concurrency: amount,
  max_agents: amount,
  budget: amount,
  limits: operatorLimits.optional().catch(undefined),
  auto_answer: flag,
  max_park: amount,
  priority: amount,
  prefix_stagger_ms: amount,
  dialect_flag: dialectName.optional().catch(undefined),
  rates: text,
  worktree_root: text,
  max_payload_bytes: amount,
  pandacode_bin: text,
  codexctl_bin: text,
});
type RecordedFile = z.infer<typeof recordedFile>;

/**
 * Finds the run that --resume names.
 *
 * @param backend the one that was asked for; needed when the run does not record its own
 * @throws OdwError when there is none, or its folder does not say enough
 */
export function findRecorded(root: string, asked: string, backend?: RunOptions['backend']): RecordedRun {
  const { runId, dir } = findRunFolder(root, asked);
  const run = readRecordedFile(join(dir, 'run.json'));
  const inputPath = join(dir, 'input.raw');
  const workflow = run.workflow ?? '';
  return {
    runId,
    runDir: dir,
    asked,
    workflow,
    scriptSha256: run.script_sha256 ?? '',
    inputSha256: run.input_sha256 ?? '',
    inputRaw: existsSync(inputPath) ? readFileSync(inputPath, 'utf8') : '',
    status: run.status ?? 'failed',
    resumedFrom: run.resumed_from ?? undefined,
    pandacodeBin: run.pandacode_bin || undefined,
    codexctlBin: run.codexctl_bin || undefined,
    options: optionsOf(run, backendOf(run.backend, dir) ?? backend ?? refuse(runId)),
    readScript: () => readFirst([workflow, join(dir, 'script.js')], runId),
  };
}

function readRecordedFile(path: string): RecordedFile {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OdwError('run-not-found', `read ${path}`, { fields: { path }, cause });
  }
  try {
    return recordedFile.parse(JSON.parse(content));
  } catch (cause) {
    throw new OdwError('run-file-invalid', `${path} is not a run file; expected the JSON object that odw exec writes there`, { fields: { path }, cause });
  }
}

function optionsOf(run: RecordedFile, backend: RunOptions['backend']): Partial<RunOptions> {
  const options: Partial<RunOptions> = { backend, providerIsFlag: run.provider_is_flag ?? false, worktreeRoot: run.worktree_root ?? worktreeRoot() };
  if (run.provider !== undefined) options.provider = run.provider;
  if (run.model !== undefined) options.model = run.model;
  if (run.effort !== undefined) options.effort = run.effort;
  if (run.timeout !== undefined) options.timeoutMs = run.timeout === null ? null : run.timeout * 1000;
  if (run.concurrency != null) options.concurrency = run.concurrency;
  if (run.max_agents != null) options.maxAgents = run.max_agents;
  if (run.budget !== undefined) options.budget = run.budget;
  if (run.limits !== undefined) options.limits = run.limits;
  if (run.auto_answer !== undefined) options.autoAnswer = run.auto_answer;
  if (run.max_park != null) options.maxParkMs = run.max_park * 1000;
  if (run.priority != null) options.priority = run.priority;
  if (run.prefix_stagger_ms != null) options.prefixStaggerMs = run.prefix_stagger_ms;
  if (run.rates !== undefined) options.rates = run.rates;
  if (run.dialect_flag !== undefined) options.dialect = run.dialect_flag;
  if (run.max_payload_bytes != null) options.maxPayloadBytes = run.max_payload_bytes;
  return options;
}

// RES-07: run.json, else the launch record of the journal. Never the default: a paid run must not become a mock run.
function backendOf(recorded: string | undefined, runDir: string): RunOptions['backend'] | undefined {
  const name = recorded ?? launchOf(runDir)?.['backend'];
  return name === 'mock' || name === 'pandacode' ? name : undefined;
}

function launchOf(runDir: string): Record<string, unknown> | undefined {
  if (!existsSync(join(runDir, 'events.jsonl'))) return undefined;
  return readJournal(runDir).find((record) => record.type === 'launch');
}

function refuse(runId: string): never {
  throw new OdwError('resume-no-backend', `run ${runId} does not record its backend; pass --backend mock or --backend pandacode`);
}

function readFirst(paths: string[], runId: string): string {
  for (const path of paths) if (existsSync(path)) return readFileSync(path, 'utf8');
  throw new OdwError('script-missing', `the script of run ${runId} is gone: ${paths.join(' and ')} do not exist`);
}
