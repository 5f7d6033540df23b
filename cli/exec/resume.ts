import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { RunInput } from '../../schemas/run-input.ts';
import { runState, type RunState } from '../../schemas/state.ts';
import { OdwError } from '../../src/errors/error.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import { readRunInput } from '../../temporal/run/history.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { isNotFound } from '../../temporal/run/not-found.ts';
import { findHistory, rebuildState } from '../../temporal/run/rebuild.ts';
import { endExecutors } from '../../activities/run-node/end-executors.ts';
import { updateRunFile } from '../../activities/journal/run-file.ts';
import type { ExecFlags } from './flags.ts';
import type { RecordedRun } from './recorded.ts';
import type { RunPlan } from './plan.ts';

export interface ResumePlan {
  /** `attach` goes on with the open run itself; `start` begins a new one that reuses its results. */
  mode: 'start' | 'attach';
  plan: RunPlan;
  input: RunInput;
  notes?: string[];
}

/** Decides between the two resumes (RES-02, RES-03): the open run itself, or a new execution that reuses finished results. */
export async function planResume(client: Client, plan: RunPlan, input: RunInput, flags: ExecFlags): Promise<ResumePlan> {
  const recorded = plan.recorded as RecordedRun;
  if (!(await isOpen(client, recorded.runId))) return { mode: 'start', plan, input: { ...input, reuse: await readReuse(client, recorded) } };

  const differences = findDifferences(recorded, input, flags);
  if (differences.length === 0) {
    const open = await readRunInput(client, recorded.runId);
    return { mode: 'attach', plan: { ...plan, runId: open.runId, runDir: open.runDir, command: open.command, startedMs: open.startedMs }, input: open };
  }
  const holder = readLock(join(recorded.runDir, 'host.lock'));
  if (holder && ownerIsAlive(holder)) {
    throw new OdwError(
      'run-differs',
      `run ${recorded.runId} is open and process ${holder.pid} hosts it; it was started with another ${differences.join(' and ')}`,
    );
  }
  await client.workflow.getHandle(recorded.runId).terminate(`replaced by ${plan.runId}`);
  await endExecutors(recorded.runDir, { resumable: false });
  updateRunFile(recorded.runDir, { status: 'cancelled', finished_ms: Date.now() });
  return {
    mode: 'start',
    plan,
    input: { ...input, reuse: await readReuse(client, recorded) },
    notes: [`run ${recorded.runId} was open with another ${differences.join(' and ')}: it is closed, and its finished nodes are reused`],
  };
}

async function isOpen(client: Client, runId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(runId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function findDifferences(recorded: RecordedRun, input: RunInput, flags: ExecFlags): string[] {
  const found: string[] = [];
  if (input.script.sha256 !== recorded.scriptSha256) found.push('script');
  if (input.inputSha256 !== recorded.inputSha256) found.push('input');
  const now = input.options as unknown as Record<string, unknown>;
  const then = recorded.options as unknown as Record<string, unknown>;
  const given: Record<string, unknown> = {
    backend: flags.backend,
    provider: flags.provider,
    model: flags.model,
    effort: flags.effort,
    timeoutMs: flags.timeout,
    maxAgents: flags.maxAgents,
  };
  for (const [name, value] of Object.entries(given)) if (value !== undefined && now[name] !== then[name]) found.push(`option ${name}`);
  return found;
}

// RES-04, RES-08 to RES-10: results come from history; state.json serves only when both histories are gone.
async function readReuse(client: Client, recorded: RecordedRun): Promise<NonNullable<RunInput['reuse']>> {
  const path = join(recorded.runDir, 'state.json');
  const file = existsSync(path) ? readState(path) : undefined;
  const history = await findHistory(client, recorded.runId, recorded.runDir);
  const state = history ? await rebuildState(history, recorded.runId, blobDataConverter()) : file;
  if (!state) throw new OdwError('resume-no-results', `run ${recorded.runId} has neither a history nor a state.json: nothing is left to resume from`);
  const nodes = Object.values(state.agents).flatMap((node) =>
    /^[0-9a-f]{64}$/.test(node.fingerprint)
      ? [[node.key, { fingerprint: node.fingerprint, value: node.result, tokens: node.tokens, label: node.label }] as const]
      : [],
  );
  const checkpoints = Object.values(state.checkpoints).map((checkpoint) => [checkpoint.name, checkpoint.value] as const);
  return { nodes: Object.fromEntries(nodes), checkpoints: Object.fromEntries(checkpoints), spent: state.budget.spent, approx: state.budget.approx ?? false };
}

function readState(path: string): RunState {
  try {
    return runState.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new OdwError('state-corrupt', `${path} is corrupt and cannot be parsed`, { cause });
  }
}
