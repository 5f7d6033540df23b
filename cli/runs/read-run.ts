import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFile, type RunFile } from '../../schemas/run-file.ts';
import { beatAgeMs } from '../../system/beat-file.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import { nextCommand } from './next-command.ts';
import { lastRecord } from './last-record.ts';

/**
 * run.json of a run folder with the status as it truly is: a run that says `running` without a living host is `interrupted`,
 * or what its exit record says; one whose host gives no sign, or whose worker is gone, is `stalled`. `next` is the command that goes on. Fields that an older tool did not write are filled in. Undefined when there is no readable run.json.
 */
export function readRun(dir: string): RunFile | undefined {
  const run = parse(join(dir, 'run.json'));
  if (!run) return undefined;
  const known = { ...unknownFields(dir, run), ...run };
  const result = runFile.safeParse(known);
  if (!result.success) return undefined;
  const told = { ...result.data, ...trueStatus(dir, result.data) };
  const next = nextCommand(dir, told);
  return next === undefined ? told : { ...told, next };
}

/** Milliseconds without a beat after which a host that lives counts as one that does nothing (RUN-06). */
const silentMs = 15_000;

/** A host takes `host.lock` before it writes that the run is running, so an open run without the lock of a living process has no host. */
function trueStatus(dir: string, run: RunFile): Partial<RunFile> {
  // A run of the shared queue goes on with the next worker, whoever starts one.
  const left = run['schedule'] === undefined ? 'interrupted' : 'stalled';
  if (run.status === 'interrupted' && left === 'stalled') return { status: 'running', state: 'stalled' };
  if (run.status !== 'running' && run.status !== 'paused') return {};
  const owner = readLock(join(dir, 'host.lock'));
  // A host of an older version has no beat.
  if (owner && ownerIsAlive(owner)) return (beatAgeMs(join(dir, 'host.beat')) ?? 0) > silentMs ? { state: 'stalled' } : {};
  const last = lastRecord(join(dir, 'events.jsonl'));
  if (last?.type === 'exit') return { status: last.status, state: last.status === 'cancelled' ? 'stopped' : last.status, finished_ms: last.ts_ms };
  return left === 'stalled' ? { status: 'running', state: left } : { status: left, state: left };
}

function parse(path: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function unknownFields(dir: string, run: Record<string, unknown>): Omit<RunFile, 'run_id' | 'status' | 'started_ms'> {
  return {
    action: 'exec',
    workflow: '',
    name: '',
    finished_ms: null,
    session_id: null,
    command: [],
    shell: '',
    run_dir: dir,
    events_path: join(dir, 'events.jsonl'),
    debug_file: join(dir, 'script-debug.log'),
    backend: '',
    provider: null,
    model: null,
    effort: '',
    timeout: null,
    concurrency: 0,
    max_agents: 0,
    budget: null,
    auto_answer: true,
    script_sha256: '',
    input_sha256: '',
    workflow_id: typeof run['run_id'] === 'string' ? run['run_id'] : '',
    temporal_run_id: null,
    namespace: null,
    address: null,
    ui: null,
    resumed_from: null,
    preview: false,
    odw_version: '',
  };
}
