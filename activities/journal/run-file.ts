import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFile, type RunFile } from '../../schemas/run-file.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { OdwError } from '../../src/errors/error.ts';
import { jsonText } from '../../src/journal/json-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { writeLatest } from './latest-run.ts';

/** Where a run lives in the engine. */
export interface RunPlace {
  workflowId: string;
  temporalRunId: string | null;
  namespace: string | null;
  /** Address of the engine and of its Web UI, when known. */
  address: string | null;
  ui: string | null;
  /** ODW_HOME of a server that odw keeps itself; it has another address each time it starts. */
  home?: string;
}

/** run.json of a run at its start (FILE-01, FILE-02), from what shapes the run and where it lives. */
export function buildRunFile(input: RunInput, place: RunPlace): RunFile {
  const { options, script } = input;
  return {
    run_id: input.runId,
    action: 'exec',
    workflow: script.path,
    name: script.meta.name,
    status: 'running',
    state: 'running',
    parked: null,
    started_ms: input.startedMs,
    finished_ms: null,
    session_id: null,
    command: input.command,
    shell: input.shell,
    run_dir: input.runDir,
    events_path: join(input.runDir, 'events.jsonl'),
    debug_file: join(input.runDir, 'script-debug.log'),
    backend: options.backend,
    provider: options.provider,
    model: options.model,
    effort: options.effort,
    timeout: options.timeoutMs === null ? null : options.timeoutMs / 1000,
    concurrency: options.concurrency,
    max_agents: options.maxAgents,
    budget: options.budget,
    ...(options.limits ? { limits: options.limits } : {}),
    auto_answer: options.autoAnswer,
    ...(options.maxParkMs === undefined ? {} : { max_park: options.maxParkMs / 1000 }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.prefixStaggerMs === undefined ? {} : { prefix_stagger_ms: options.prefixStaggerMs }),
    ...(options.rates === undefined ? {} : { rates: options.rates }),
    dialect: script.dialect ?? 'odw',
    ...(options.dialect === undefined ? {} : { dialect_flag: options.dialect }),
    script_sha256: script.sha256,
    input_sha256: input.inputSha256,
    workflow_id: place.workflowId,
    temporal_run_id: place.temporalRunId,
    namespace: place.namespace,
    address: place.address,
    ui: place.ui,
    ...(place.home === undefined ? {} : { engine_home: place.home }),
    resumed_from: input.resumedFrom,
    lineage_root: input.lineageRoot ?? null,
    preview: input.preview,
    odw_version: input.odwVersion,
    root: input.root,
    provider_is_flag: options.providerIsFlag,
    worktree_root: options.worktreeRoot,
    max_payload_bytes: options.maxPayloadBytes,
    ...(input.scheduled ? { schedule: input.scheduled.schedule } : {}),
    ...(input.executor.pandacodeBin === null ? {} : { pandacode_bin: input.executor.pandacodeBin }),
    ...(input.executor.codexctlBin === null ? {} : { codexctl_bin: input.executor.codexctlBin }),
  };
}

/** Writes run.json of a run, and latest.json when no newer run is there. A preview never becomes the latest (RES-12). */
export function writeRunFile(run: RunFile): void {
  const text = `${jsonText(run, 2)}\n`;
  writeFileAtomic(join(run.run_dir, 'run.json'), text, { sync: true });
  if (!run.preview) writeLatest(run, text);
}

/**
 * Changes fields of a run's run.json and returns the new content.
 *
 * @throws OdwError `run-not-found` or `run-file-invalid`
 */
export function updateRunFile(runDir: string, change: Partial<RunFile>): RunFile {
  const run = { ...readRunFile(join(runDir, 'run.json')), ...change };
  writeRunFile(run);
  return run;
}

/**
 * Reads a run.json or latest.json.
 *
 * @throws OdwError `run-not-found` when it cannot be read, `run-file-invalid` when it is something else
 */
export function readRunFile(path: string): RunFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OdwError('run-not-found', `read ${path}`, { fields: { path }, cause });
  }
  try {
    return runFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new OdwError('run-file-invalid', `${path} is not a run file of this tool; expected the JSON object that odw exec writes there`, {
      fields: { path },
      cause,
    });
  }
}
