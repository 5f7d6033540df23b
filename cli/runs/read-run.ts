import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFile, type RunFile } from '../../schemas/run-file.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import { lastRecord } from './last-record.ts';

/**
 * run.json of a run folder with the status as it truly is: a run that says `running` without a living host is `interrupted`,
 * or what its exit record says. Fields that an older tool did not write are filled in. Undefined when there is no readable run.json.
 */
export function readRun(dir: string): RunFile | undefined {
  const run = parse(join(dir, 'run.json'));
  if (!run) return undefined;
  const known = { ...unknownFields(dir, run), ...run };
  const result = runFile.safeParse(known);
  return result.success ? { ...result.data, ...trueStatus(dir, result.data) } : undefined;
}

/** A host takes `host.lock` before it writes that the run is running, so an open run without the lock of a living process has no host. */
function trueStatus(dir: string, run: RunFile): Partial<RunFile> {
  if (run.status !== 'running' && run.status !== 'paused') return {};
  const owner = readLock(join(dir, 'host.lock'));
  if (owner && ownerIsAlive(owner)) return {};
  const last = lastRecord(join(dir, 'events.jsonl'));
  if (last?.type === 'exit') return { status: last.status, state: last.status === 'cancelled' ? 'stopped' : last.status, finished_ms: last.ts_ms };
  return { status: 'interrupted', state: 'interrupted' };
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
