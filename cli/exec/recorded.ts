import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOptions } from '../../schemas/options.ts';
import { OdwError } from '../../src/errors/error.ts';
import { worktreeRoot } from '../../system/paths.ts';
import { findRunFolder } from '../run-folder.ts';
import { readRunFile } from '../../activities/journal/run-file.ts';

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
  options: RunOptions;
  /** Executor flags that the run was given. */
  pandacodeBin: string | undefined;
  codexctlBin: string | undefined;
  status: string;
  /** The script file as it is now, else the source that the run captured. */
  readScript(): string;
}

/**
 * Finds the run that --resume names.
 *
 * @throws OdwError when there is none, or its folder does not say enough
 */
export function findRecorded(root: string, asked: string): RecordedRun {
  const { runId, dir: runDir } = findRunFolder(root, asked);
  const run = readRunFile(join(runDir, 'run.json'));
  const inputPath = join(runDir, 'input.raw');
  return {
    runId,
    runDir,
    asked,
    workflow: run.workflow,
    scriptSha256: run.script_sha256,
    inputSha256: run.input_sha256,
    inputRaw: existsSync(inputPath) ? readFileSync(inputPath, 'utf8') : '',
    status: run.status,
    pandacodeBin: textOf(run['pandacode_bin']),
    codexctlBin: textOf(run['codexctl_bin']),
    options: {
      backend: backendOf(run.backend, runId),
      provider: run.provider,
      providerIsFlag: run['provider_is_flag'] === true,
      model: run.model,
      effort: run.effort,
      timeoutMs: run.timeout === null ? null : run.timeout * 1000,
      concurrency: run.concurrency,
      maxAgents: run.max_agents,
      budget: run.budget,
      autoAnswer: run.auto_answer,
      worktreeRoot: typeof run['worktree_root'] === 'string' ? run['worktree_root'] : worktreeRoot(),
      maxPayloadBytes: typeof run['max_payload_bytes'] === 'number' ? run['max_payload_bytes'] : 64 * 1024 * 1024,
    },
    readScript: () => readFirst([run.workflow, join(runDir, 'script.js')], runId),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

// RES-07: never resume on the mock backend by default.
function backendOf(backend: string, runId: string): 'mock' | 'pandacode' {
  if (backend === 'mock' || backend === 'pandacode') return backend;
  throw new OdwError('resume-no-backend', `run ${runId} does not record its backend; pass --backend mock or --backend pandacode`);
}

function readFirst(paths: string[], runId: string): string {
  for (const path of paths) if (existsSync(path)) return readFileSync(path, 'utf8');
  throw new OdwError('script-missing', `the script of run ${runId} is gone: ${paths.join(' and ')} do not exist`);
}
